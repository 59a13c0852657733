using System.ComponentModel.DataAnnotations;

namespace IdentityProvider.Accounts.Passwords;

/// <summary>Section <c>Argon2</c>: the cost of a password hash (RFC 9106). Parallelism is 1.</summary>
public sealed record Argon2Options
{
    /// <summary>19456 KiB: the least that OWASP recommends with two iterations; each hash in flight holds this much memory.</summary>
    [Range(8, 4 * 1024 * 1024)]
    public int MemoryKiB { get; set; } = 19456;

    /// <summary>2 passes over that memory.</summary>
    [Range(1, 64)]
    public int Iterations { get; set; } = 2;

    /// <summary>Hashes at a time; 0: one less than the processors, at least one, so that hashing never takes the whole machine.</summary>
    [Range(0, 256)]
    public int MaxConcurrency { get; set; }

    /// <summary>Hashes that may wait; beyond that a sign-in is answered 503.</summary>
    [Range(1, 100_000)]
    public int MaxQueue { get; set; } = 128;

    /// <summary>
    /// How many hashes one network (an IPv4 address, an IPv6 /64) may have under way, waiting ones included; 0: a quarter of <see cref="MaxQueue"/>. Whoever floods
    /// the sign-in page then waits for itself, and everybody else for a quarter of the queue.
    /// </summary>
    [Range(0, 100_000)]
    public int MaxQueuePerNetwork { get; set; }
}
