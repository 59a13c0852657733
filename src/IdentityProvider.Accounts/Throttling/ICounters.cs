namespace IdentityProvider.Accounts.Throttling;

/// <summary>What a counter stands at.</summary>
/// <param name="Value">How often it was raised in this window.</param>
/// <param name="Remaining">Until the window ends and it starts from nothing.</param>
public readonly record struct Count(long Value, TimeSpan Remaining);

/// <summary>
/// Counters for limits, each with a window that begins at its first use. They slow guessing down and decide nothing that must be exact:
/// they may be lost, and a failure of what keeps them is never the caller's.
/// </summary>
public interface ICounters
{
    /// <summary>Adds one. The first one opens the window; later ones do not extend it.</summary>
    Task<Count> RaiseAsync(string key, TimeSpan window);

    /// <summary>What it stands at, without raising it; null: it is not there.</summary>
    Task<Count?> ReadAsync(string key);

    /// <summary>Takes one back, if there is one.</summary>
    Task LowerAsync(string key);

    /// <summary>Forgets the counter.</summary>
    Task ResetAsync(string key);
}
