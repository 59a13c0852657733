using IdentityProvider.Bench.Load;
using IdentityProvider.Bench.Primitives;
using IdentityProvider.Bench.Scenarios;
using IdentityProvider.Bench.Targets;

namespace IdentityProvider.Bench;

/// <summary>What the command line asks for.</summary>
internal sealed record BenchOptions
{
    public required IReadOnlyList<string> Scenarios { get; init; }

    public required IReadOnlyList<string> Targets { get; init; }

    public required TimeSpan WarmUp { get; init; }

    public required TimeSpan Duration { get; init; }

    public required int Concurrency { get; init; }

    public required int Rows { get; init; }

    public required bool Primitives { get; init; }
}

/// <summary>Runs the targets one after the other, never two at a time, and prints what came out.</summary>
internal sealed class BenchRun(BenchOptions options, TextWriter output)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var costs = options.Primitives ? await MeasurePrimitivesAsync(cancellationToken) : null;
        var measurements = new List<Measurement>();
        foreach (var target in options.Targets)
        {
            await using var running = await StartAsync(target);
            measurements.AddRange(await RunAsync(running, cancellationToken));
        }

        output.WriteLine();
        Report.Print(
            output,
            [.. Scenario.All.SelectMany(scenario => measurements.Where(measurement => measurement.Scenario == scenario))],
            costs,
            OurServer.Name);
    }

    public async Task<PrimitiveCosts> MeasurePrimitivesAsync(CancellationToken cancellationToken)
    {
        var costs = await new PrimitiveMeasurement(options.WarmUp, options.Duration, options.Concurrency, options.Rows, cancellationToken).RunAsync();
        Report.Print(output, costs);
        return costs;
    }

    private async Task<Target> StartAsync(string target) => target == OurServer.Name
        ? (await OurServer.StartAsync(options.Concurrency, options.Rows)).Target
        : await Peer.StartAsync(target == Peer.OnPostgres, options.Concurrency, options.Rows, options.Concurrency);

    private async Task<List<Measurement>> RunAsync(Target target, CancellationToken cancellationToken)
    {
        using var http = new Http(options.Concurrency);
        var driver = new Driver(target, http);
        var measurements = new List<Measurement>();
        foreach (var scenario in Scenario.All.Where(scenario => options.Scenarios.Contains(scenario.Name)))
        {
            var workers = await Task.WhenAll(Enumerable.Range(0, options.Concurrency).Select(number => scenario.CreateWorkerAsync(driver, number)));
            var result = await LoadGenerator.RunAsync(workers, options.WarmUp, options.Duration, target.Clock, cancellationToken);
            measurements.Add(new Measurement(scenario, target.Name, result));
            output.WriteLine($"{target.Name} {scenario.Name}: {result.Throughput:0} ops/s, {result.Cpu.Server:0} + {result.Cpu.Postgres:0} µs");
        }

        return measurements;
    }
}
