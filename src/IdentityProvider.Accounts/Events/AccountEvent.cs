namespace IdentityProvider.Accounts.Events;

/// <summary>Something that happened to an account, or at the attempt to get into one.</summary>
/// <param name="Type">One of <see cref="AccountEventTypes"/>.</param>
public sealed record AccountEvent(string Type)
{
    /// <summary>Whose account; null: there is none.</summary>
    public Guid? UserId { get; init; }

    /// <summary>In which session.</summary>
    public Guid? SessionId { get; init; }

    /// <summary>At which client.</summary>
    public string? ClientId { get; init; }

    /// <summary>The name or address that was typed, where there is no such account. Only its hash is kept.</summary>
    public string? UnknownIdentifier { get; init; }

    /// <summary>What else there is to know, in a few words of our own.</summary>
    public string? Detail { get; init; }

    /// <summary>Somebody should look at it.</summary>
    public bool Alarming { get; init; }

    /// <summary>It was stored in the statement that made the change.</summary>
    public bool Recorded { get; init; }
}
