namespace IdentityProvider.Protocol.Consents;

/// <summary>What a person has allowed a client, remembered.</summary>
/// <param name="Scopes">The allowed scopes.</param>
/// <param name="GrantedAt">When.</param>
/// <param name="ExpiresAt">Until when; null: until withdrawn.</param>
public sealed record Consent(IReadOnlyList<string> Scopes, DateTimeOffset GrantedAt, DateTimeOffset? ExpiresAt);

/// <summary>Remembered consents, one per person and client.</summary>
public interface IConsentStore
{
    /// <summary>The unexpired consent; null when there is none.</summary>
    Task<Consent?> FindAsync(Guid subjectId, string clientId, CancellationToken cancellationToken);

    /// <summary>Remembers a consent, adding the scopes to those of an earlier, unexpired one.</summary>
    Task SaveAsync(Guid subjectId, string clientId, IReadOnlyList<string> scopes, TimeSpan? lifetime, CancellationToken cancellationToken);
}
