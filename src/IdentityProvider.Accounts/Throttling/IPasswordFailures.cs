namespace IdentityProvider.Accounts.Throttling;

/// <summary>
/// Failed passwords of an account in a row, from wherever it is not known, without a window (NIST SP 800-63B-4 §3.2.2). Exact, unlike
/// <see cref="ICounters"/>: it is in the database.
/// </summary>
public interface IPasswordFailures
{
    /// <summary>Adds one, in one statement, and says how many it makes.</summary>
    Task<int> RaiseAsync(Guid userId);

    /// <summary>Takes one back, if there is one.</summary>
    Task LowerAsync(Guid userId);

    /// <summary>The person has proved who they are.</summary>
    Task ResetAsync(Guid userId);
}
