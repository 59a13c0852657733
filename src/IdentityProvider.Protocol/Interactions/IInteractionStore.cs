using IdentityProvider.Protocol.Subjects;

namespace IdentityProvider.Protocol.Interactions;

/// <summary>What is pending.</summary>
public enum InteractionKind
{
    /// <summary>An authorization request.</summary>
    Authorize,

    /// <summary>A logout request.</summary>
    EndSession,
}

/// <summary>The answer that a person gave on the consent page in this interaction. It holds for one session only.</summary>
/// <param name="SessionId">The session in which it was given.</param>
/// <param name="Scopes">The allowed scopes; null: denied.</param>
public sealed record ConsentDecision(Guid SessionId, IReadOnlyList<string>? Scopes);

/// <summary>An interaction about to be stored.</summary>
public sealed record NewInteraction
{
    /// <summary>SHA-256 of the handle in the URL.</summary>
    public required byte[] HandleHash { get; init; }

    /// <summary>SHA-256 of the per-browser cookie that started it.</summary>
    public required byte[] BrowserHash { get; init; }

    /// <summary>What is pending.</summary>
    public required InteractionKind Kind { get; init; }

    /// <summary>The client, when one is known.</summary>
    public string? ClientId { get; init; }

    /// <summary>Those of the request's parameters that are read, as received, as a JSON object of arrays of strings.</summary>
    public required string Parameters { get; init; }

    /// <summary>Of a logout that is done: the session that it ended.</summary>
    public EndedSession? Ended { get; init; }

    /// <summary>How long it can be continued.</summary>
    public required TimeSpan Lifetime { get; init; }
}

/// <summary>
/// A pending request of a browser. It never carries a sign-in result: that goes to the session cookie only.
/// </summary>
public sealed record Interaction
{
    /// <summary>SHA-256 of the handle in the URL.</summary>
    public required byte[] HandleHash { get; init; }

    /// <summary>SHA-256 of the per-browser cookie that started it.</summary>
    public required byte[] BrowserHash { get; init; }

    /// <summary>What is pending.</summary>
    public required InteractionKind Kind { get; init; }

    /// <summary>The client, when one is known.</summary>
    public string? ClientId { get; init; }

    /// <summary>Those of the request's parameters that are read, as received, as a JSON object of arrays of strings.</summary>
    public required string Parameters { get; init; }

    /// <summary>Of a logout that is done: the session that it ended.</summary>
    public EndedSession? Ended { get; init; }

    /// <summary>When the request arrived, by the database's clock.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Whether its time is over, by the database's clock; it then leads to the page "has expired".</summary>
    public required bool Expired { get; init; }

    /// <summary>The person's answer on the consent page.</summary>
    public ConsentDecision? Consent { get; init; }

    /// <summary>The session that the person picked on the account-selection page.</summary>
    public Guid? SelectedSessionId { get; init; }

    /// <summary>The session in which the person did not want to prove more than they had (<c>acr_values</c>).</summary>
    public Guid? StepUpDeclinedSessionId { get; init; }
}

/// <summary>Pending interactions.</summary>
public interface IInteractionStore
{
    /// <summary>Stores a new one.</summary>
    Task CreateAsync(NewInteraction interaction, CancellationToken cancellationToken);

    /// <summary>Finds one, expired ones included, as long as clean-up has left it.</summary>
    Task<Interaction?> FindAsync(byte[] handleHash, CancellationToken cancellationToken);

    /// <summary>Records the answer of the consent page.</summary>
    Task SetConsentAsync(byte[] handleHash, ConsentDecision decision, CancellationToken cancellationToken);

    /// <summary>Records the choice of the account-selection page.</summary>
    Task SetSelectedSessionAsync(byte[] handleHash, Guid sessionId, CancellationToken cancellationToken);

    /// <summary>Records that the person does not want to prove more.</summary>
    Task SetStepUpDeclinedAsync(byte[] handleHash, Guid sessionId, CancellationToken cancellationToken);
}
