using System.Diagnostics;
using IdentityProvider.Bench.Cpu;

namespace IdentityProvider.Bench.Load;

/// <summary>What a load of one scenario on one target came to.</summary>
internal sealed record LoadResult(double Throughput, double P50Milliseconds, double P99Milliseconds, CpuPerOperation Cpu);

/// <summary>Closed-loop load: each worker sends its next operation when the last one is answered.</summary>
internal static class LoadGenerator
{
    public static async Task<LoadResult> RunAsync(
        IReadOnlyList<Func<Task>> workers, TimeSpan warmUp, TimeSpan duration, CpuClock clock, CancellationToken cancellationToken)
    {
        await RunWorkersAsync(workers, warmUp, cancellationToken);

        var before = clock.Read();
        var started = Stopwatch.GetTimestamp();
        var latencies = await RunWorkersAsync(workers, duration, cancellationToken);
        var elapsed = Stopwatch.GetElapsedTime(started);
        var cpu = clock.Read().Since(before).Per(latencies.Length);

        Array.Sort(latencies);
        return new LoadResult(latencies.Length / elapsed.TotalSeconds, Percentile(latencies, 0.50), Percentile(latencies, 0.99), cpu);
    }

    private static async Task<long[]> RunWorkersAsync(IReadOnlyList<Func<Task>> workers, TimeSpan duration, CancellationToken cancellationToken)
    {
        using var failure = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var deadline = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
        var latencies = await Task.WhenAll(workers.Select(worker => Task.Run(async () =>
        {
            var own = new List<long>(4096);
            try
            {
                for (var now = Stopwatch.GetTimestamp(); now < deadline && !failure.IsCancellationRequested;)
                {
                    await worker();
                    var then = Stopwatch.GetTimestamp();
                    own.Add(then - now);
                    now = then;
                }
            }
            catch
            {
                await failure.CancelAsync();
                throw;
            }

            return own;
        })));
        cancellationToken.ThrowIfCancellationRequested();
        return [.. latencies.SelectMany(own => own)];
    }

    private static double Percentile(long[] sorted, double share) =>
        sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))] * 1000.0 / Stopwatch.Frequency;
}
