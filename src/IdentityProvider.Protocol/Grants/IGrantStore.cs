using IdentityProvider.Protocol.Subjects;

namespace IdentityProvider.Protocol.Grants;

/// <summary>An access token as the store must know it to judge it.</summary>
/// <param name="GrantId">The grant that the token names; null for a token of <c>client_credentials</c>.</param>
/// <param name="TokenId">The token's <c>jti</c>, as bytes.</param>
/// <param name="ClientId">To whom it was issued.</param>
public sealed record AccessTokenReference(Guid? GrantId, byte[] TokenId, string ClientId);

/// <summary>What the store knows of a live access token: its grant, session, person and client are alive, and it was not revoked.</summary>
/// <param name="Now">The database's clock.</param>
/// <param name="Subject">The person, if asked for and if the token is about one.</param>
/// <param name="ClaimsRequest">The <c>claims</c> parameter of the grant, if the subject was asked for.</param>
public sealed record AccessTokenStatus(DateTimeOffset Now, SubjectRecord? Subject = null, string? ClaimsRequest = null);

/// <summary>A reference token about to be stored.</summary>
/// <param name="TokenHash">SHA-256 of the handle.</param>
/// <param name="Token">The token's identity.</param>
/// <param name="Claims">The claims that a JWT would carry, as JSON.</param>
/// <param name="ExpiresAt">When it expires.</param>
public sealed record NewReferenceToken(byte[] TokenHash, AccessTokenReference Token, string Claims, DateTimeOffset ExpiresAt);

/// <summary>A stored, unexpired reference token and whether it is alive.</summary>
/// <param name="Token">The token's identity.</param>
/// <param name="Claims">The claims that a JWT would carry, as JSON.</param>
/// <param name="Status">Null: it is dead.</param>
public sealed record ReferenceToken(AccessTokenReference Token, string Claims, AccessTokenStatus? Status);

/// <summary>
/// The persisted grants. Each method is one round trip on PostgreSQL on its happy path, and one atomic decision:
/// it consumes, records, and returns what is needed to mint. Liveness is judged at every use.
/// Cancellation is not honoured once a consuming statement has been sent.
/// </summary>
public interface IGrantStore
{
    /// <summary>Inserts a code if the session, the person and the client are alive, and consent stands where it is needed.</summary>
    Task<CodeIssueVerdict> IssueCodeAsync(NewAuthorizationCode code);

    /// <summary>Consumes a code and inserts its grant, for exactly one caller.</summary>
    Task<CodeRedemption> RedeemCodeAsync(CodePresentation presentation);

    /// <summary>Decides on a refresh token, and rotates or revokes as the verdict says.</summary>
    Task<RefreshOutcome> RefreshAsync(RefreshPresentation presentation);

    /// <summary>Judges an access token whose signature was verified; null when it is dead. Its own expiry is the caller's to compare.</summary>
    Task<AccessTokenStatus?> CheckAccessTokenAsync(AccessTokenReference token, bool withSubject, CancellationToken cancellationToken);

    /// <summary>Stores a reference token.</summary>
    Task StoreReferenceTokenAsync(NewReferenceToken token);

    /// <summary>Finds an unexpired reference token, with its liveness; null when there is none.</summary>
    Task<ReferenceToken?> FindReferenceTokenAsync(byte[] tokenHash, bool withSubject, CancellationToken cancellationToken);

    /// <summary>Revokes a family, if it belongs to this client: its refresh tokens and the access tokens that name it.</summary>
    Task RevokeGrantAsync(Guid grantId, string clientId, string reason);

    /// <summary>Revokes one access token, until it would have expired anyway.</summary>
    Task RevokeAccessTokenAsync(AccessTokenReference token, DateTimeOffset expiresAt);
}
