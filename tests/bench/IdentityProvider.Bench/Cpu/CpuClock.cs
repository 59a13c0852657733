using System.Globalization;

namespace IdentityProvider.Bench.Cpu;

/// <summary>Processor time of the server and of PostgreSQL, in microseconds.</summary>
internal readonly record struct CpuReading(double Server, double Postgres)
{
    public CpuReading Since(CpuReading earlier) => new(Server - earlier.Server, Postgres - earlier.Postgres);

    public CpuPerOperation Per(long operations) => new(Server / operations, Postgres / operations);
}

/// <summary>Processor time per operation, in microseconds.</summary>
internal readonly record struct CpuPerOperation(double Server, double Postgres)
{
    public double Total => Server + Postgres;
}

/// <summary>
/// Reads processor time from <c>/proc</c>: of the server process, and of the postmaster with every process it has, had or will have
/// (the checkpointer and the writers of the log belong to the price of a statement).
/// </summary>
internal sealed class CpuClock(int server, int? postmaster)
{
    private const double MicrosecondsPerTick = 10_000;

    public CpuReading Read() => new(Own(server), postmaster is { } id ? Family(id) : 0);

    /// <summary>The parent of a process: of a backend, the postmaster.</summary>
    public static int ParentOf(int process) => int.Parse(Fields(process)![1], CultureInfo.InvariantCulture);

    private static double Own(int process) => Ticks(Fields(process) ?? throw new InvalidOperationException("The server is gone."), 11, 12) * MicrosecondsPerTick;

    private static double Family(int postmaster)
    {
        // Children that have ended are counted in the parent's own record.
        var ticks = Ticks(Fields(postmaster) ?? throw new InvalidOperationException("PostgreSQL is gone."), 11, 12, 13, 14);
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), out var process) && Fields(process) is { } fields && fields[1] == $"{postmaster}")
            {
                ticks += Ticks(fields, 11, 12);
            }
        }

        return ticks * MicrosecondsPerTick;
    }

    private static long Ticks(string[] fields, params ReadOnlySpan<int> indices)
    {
        var sum = 0L;
        foreach (var index in indices)
        {
            sum += long.Parse(fields[index], CultureInfo.InvariantCulture);
        }

        return sum;
    }

    /// <summary>The fields of <c>stat</c> from the third on (proc(5)): the second may contain spaces. Null when the process is gone.</summary>
    private static string[]? Fields(int process)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{process}/stat");
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }
}
