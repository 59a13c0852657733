namespace IdentityProvider.Accounts.Activity;

/// <summary>Something that happened to an account, as its person sees it.</summary>
public sealed record ActivityEntry
{
    /// <summary>Its place among those of the same moment.</summary>
    public required long Id { get; init; }

    /// <summary>What it was.</summary>
    public required string Type { get; init; }

    /// <summary>When.</summary>
    public required DateTimeOffset OccurredAt { get; init; }

    /// <summary>An operator did it.</summary>
    public bool ByOperator { get; init; }

    /// <summary>At which client.</summary>
    public string? ClientId { get; init; }

    /// <summary>From which address.</summary>
    public string? RemoteAddress { get; init; }

    /// <summary>From which network, where the address was not kept.</summary>
    public string? Network { get; init; }

    /// <summary>By which family of user agents.</summary>
    public string? UserAgent { get; init; }
}

/// <summary>Where a page of entries begins: below the last one of the page before.</summary>
/// <param name="OccurredAt">The moment of that entry.</param>
/// <param name="Id">Its place.</param>
public sealed record ActivityCursor(DateTimeOffset OccurredAt, long Id);

/// <summary>What happened to accounts, for as long as events are kept.</summary>
public interface IActivityStore
{
    /// <summary>The person's entries, the latest first.</summary>
    /// <param name="userId">Whose.</param>
    /// <param name="below">Only what is older; null: from the latest on.</param>
    /// <param name="count">How many at most.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<IReadOnlyList<ActivityEntry>> ListAsync(Guid userId, ActivityCursor? below, int count, CancellationToken cancellationToken);
}
