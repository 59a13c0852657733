namespace IdentityProvider.Protocol.Consents;

/// <summary>What a person has allowed a client, remembered.</summary>
/// <param name="Scopes">The allowed scopes.</param>
/// <param name="GrantedAt">When.</param>
/// <param name="ExpiresAt">Until when; null: until withdrawn.</param>
public sealed record Consent(IReadOnlyList<string> Scopes, DateTimeOffset GrantedAt, DateTimeOffset? ExpiresAt);

/// <summary>What a person has answered to the scopes of one request.</summary>
/// <param name="Allowed">These.</param>
/// <param name="Refused">Not these.</param>
public sealed record ConsentAnswer(IReadOnlyList<string> Allowed, IReadOnlyList<string> Refused);

/// <summary>Remembered consents, one per person and client.</summary>
public interface IConsentStore
{
    /// <summary>The unexpired consent; null when there is none.</summary>
    Task<Consent?> FindAsync(Guid subjectId, string clientId, CancellationToken cancellationToken);

    /// <summary>Remembers an answer. Of an earlier consent that has not expired, the scopes remain that were not asked for this time.</summary>
    Task SaveAsync(Guid subjectId, string clientId, ConsentAnswer answer, TimeSpan? lifetime, CancellationToken cancellationToken);
}
