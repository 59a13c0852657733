using IdentityProvider.Bench.Cpu;

namespace IdentityProvider.Bench.Primitives;

/// <summary>Processor time of what an operation is made of, in microseconds, PostgreSQL included.</summary>
internal sealed record PrimitiveCosts
{
    /// <summary>Kestrel answers a GET with a JSON document.</summary>
    public required double JsonGet { get; init; }

    /// <summary>Kestrel reads a form and answers with JSON.</summary>
    public required double FormPost { get; init; }

    public required double SignRs256 { get; init; }

    public required double SignEs256 { get; init; }

    public required double VerifyRs256 { get; init; }

    public required double VerifyEs256 { get; init; }

    /// <summary>One row by its key, prepared: the driver, and PostgreSQL.</summary>
    public required CpuPerOperation PointQuery { get; init; }

    /// <summary>One row changed by its key, prepared and committed to disk: the driver, and PostgreSQL.</summary>
    public required CpuPerOperation Update { get; init; }

    /// <summary>Form and point query in one endpoint: what the two cost together, with the changes of thread that waiting for a reply brings.</summary>
    public required CpuPerOperation FormAndQuery { get; init; }

    /// <summary>Form and update in one endpoint.</summary>
    public required CpuPerOperation FormAndUpdate { get; init; }
}
