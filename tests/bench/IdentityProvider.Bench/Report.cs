using System.Globalization;
using IdentityProvider.Bench.Cpu;
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
        output.WriteLine("| primitive | server µs | PostgreSQL µs | total µs |");
        output.WriteLine("|---|---:|---:|---:|");
        foreach (var (name, cost) in (IEnumerable<(string, CpuPerOperation)>)
            [
                ("JSON GET", Computing(costs.JsonGet)), ("form POST", Computing(costs.FormPost)),
                ("point query", costs.PointQuery), ("update", costs.Update),
                ("form POST with point query", costs.FormAndQuery), ("form POST with update", costs.FormAndUpdate),
                ("sign RS256", Computing(costs.SignRs256)), ("sign ES256", Computing(costs.SignEs256)),
                ("verify RS256", Computing(costs.VerifyRs256)), ("verify ES256", Computing(costs.VerifyEs256)),
            ])
        {
            output.WriteLine($"| {name} | {Number(cost.Server)} | {Number(cost.Postgres)} | {Number(cost.Total)} |");
        }
    }

    /// <param name="output">Where to.</param>
    /// <param name="measurements">All targets of a scenario; ratios are those of the others to <paramref name="ours"/>.</param>
    /// <param name="costs">Null when they were not measured.</param>
    /// <param name="ours">The target that is compared.</param>
    public static void Print(TextWriter output, IReadOnlyList<Measurement> measurements, PrimitiveCosts? costs, string ours)
    {
        output.WriteLine("| scenario | target | ops/s | p50 ms | p99 ms | server µs | PostgreSQL µs | total µs | primitives µs | × primitives | × together | peer ÷ ours |");
        output.WriteLine("|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        foreach (var scenario in measurements.GroupBy(measurement => measurement.Scenario.Name))
        {
            var own = scenario.FirstOrDefault(measurement => measurement.Target == ours)?.Result.Cpu.Total;
            foreach (var measurement in scenario)
            {
                var result = measurement.Result;
                var compared = measurement.Target == ours ? costs : null;
                var primitives = compared is null ? null : measurement.Scenario.Primitives?.Invoke(compared);
                var together = compared is null ? null : measurement.Scenario.Together?.Invoke(compared);
                output.WriteLine(
                    $"| {scenario.Key} | {measurement.Target} | {Number(result.Throughput)} | {Number(result.P50Milliseconds)} | {Number(result.P99Milliseconds)} "
                    + $"| {Number(result.Cpu.Server)} | {Number(result.Cpu.Postgres)} | {Number(result.Cpu.Total)} "
                    + $"| {Number(primitives)} | {Number(result.Cpu.Total / primitives)} | {Number(result.Cpu.Total / together)} | {(measurement.Target == ours ? "" : Number(result.Cpu.Total / own))} |");
            }
        }
    }

    private static CpuPerOperation Computing(double cost) => new(cost, 0);

    private static string Number(double? value) => value switch
    {
        null => "",
        < 100 => value.Value.ToString("0.##", CultureInfo.InvariantCulture),
        _ => value.Value.ToString("#,0", CultureInfo.InvariantCulture),
    };
}
