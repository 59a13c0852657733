using System.Globalization;
using IdentityProvider.Bench.Load;
using IdentityProvider.Bench.Primitives;
using IdentityProvider.Bench.Scenarios;

namespace IdentityProvider.Bench;

/// <summary>One line of the table.</summary>
internal sealed record Measurement(Scenario Scenario, string Target, LoadResult Result);

/// <summary>Prints tables in Markdown, so that they can be kept as they are.</summary>
internal static class Report
{
    public static void Print(TextWriter output, PrimitiveCosts costs)
    {
        output.WriteLine("| primitive | CPU µs |");
        output.WriteLine("|---|---:|");
        foreach (var (name, value) in (IEnumerable<(string, double)>)
            [
                ("JSON GET", costs.JsonGet), ("form POST", costs.FormPost), ("point query", costs.PointQuery), ("update", costs.Update),
                ("sign RS256", costs.SignRs256), ("sign ES256", costs.SignEs256), ("verify RS256", costs.VerifyRs256), ("verify ES256", costs.VerifyEs256),
            ])
        {
            output.WriteLine($"| {name} | {Number(value)} |");
        }
    }

    /// <param name="output">Where to.</param>
    /// <param name="measurements">All targets of a scenario; ratios are those of the others to <paramref name="ours"/>.</param>
    /// <param name="costs">Null when they were not measured.</param>
    /// <param name="ours">The target that is compared.</param>
    public static void Print(TextWriter output, IReadOnlyList<Measurement> measurements, PrimitiveCosts? costs, string ours)
    {
        output.WriteLine("| scenario | target | ops/s | p50 ms | p99 ms | server µs | PostgreSQL µs | total µs | primitives µs | × primitives | peer ÷ ours |");
        output.WriteLine("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        foreach (var scenario in measurements.GroupBy(measurement => measurement.Scenario.Name))
        {
            var own = scenario.FirstOrDefault(measurement => measurement.Target == ours)?.Result.Cpu.Total;
            foreach (var measurement in scenario)
            {
                var result = measurement.Result;
                var primitives = costs is not null && measurement.Target == ours ? measurement.Scenario.Primitives?.Invoke(costs) : null;
                output.WriteLine(
                    $"| {scenario.Key} | {measurement.Target} | {Number(result.Throughput)} | {Number(result.P50Milliseconds)} | {Number(result.P99Milliseconds)} "
                    + $"| {Number(result.Cpu.Server)} | {Number(result.Cpu.Postgres)} | {Number(result.Cpu.Total)} "
                    + $"| {Number(primitives)} | {Number(result.Cpu.Total / primitives)} | {(measurement.Target == ours ? "" : Number(result.Cpu.Total / own))} |");
            }
        }
    }

    private static string Number(double? value) => value switch
    {
        null => "",
        < 100 => value.Value.ToString("0.##", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("#,0", CultureInfo.InvariantCulture),
    };
}
