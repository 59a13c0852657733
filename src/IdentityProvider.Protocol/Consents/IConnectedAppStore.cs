namespace IdentityProvider.Protocol.Consents;

/// <summary>What a client holds of a person: a remembered consent, live grants, or both.</summary>
public sealed record ConnectedApp
{
    /// <summary>The client.</summary>
    public required string ClientId { get; init; }

    /// <summary>All that the consent and the grants allow.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>The earliest of what is still there.</summary>
    public required DateTimeOffset GrantedAt { get; init; }

    /// <summary>The last time that a live grant was made or its refresh token rotated; null: no grant is alive.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>Some of it goes on after the person's sessions here.</summary>
    public bool Offline { get; init; }
}

/// <summary>Reads what clients hold of a person. It writes nothing: use is told from what the grants say anyway.</summary>
public interface IConnectedAppStore
{
    /// <summary>The person's clients, the one used last first.</summary>
    Task<IReadOnlyList<ConnectedApp>> ListAsync(Guid subjectId, CancellationToken cancellationToken);

    /// <summary>The clients that have been given tokens for this person since then, the latest first, though the grants may be revoked by now.</summary>
    Task<IReadOnlyList<ConnectedApp>> ListSinceAsync(Guid subjectId, DateTimeOffset since, CancellationToken cancellationToken);
}
