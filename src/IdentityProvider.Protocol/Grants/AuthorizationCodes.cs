using IdentityProvider.Protocol.Subjects;

namespace IdentityProvider.Protocol.Grants;

/// <summary>A code about to be issued (RFC 6749 §4.1.2).</summary>
public sealed record NewAuthorizationCode
{
    /// <summary>SHA-256 of the code.</summary>
    public required byte[] CodeHash { get; init; }

    /// <summary>To whom.</summary>
    public required string ClientId { get; init; }

    /// <summary>About whom.</summary>
    public required Guid SubjectId { get; init; }

    /// <summary>The person's epoch as captured at authentication.</summary>
    public required long SubjectEpoch { get; init; }

    /// <summary>The session in which it was granted.</summary>
    public required Guid SessionId { get; init; }

    /// <summary>Must come again at redemption.</summary>
    public required string RedirectUri { get; init; }

    /// <summary>The S256 challenge (RFC 7636 §4.2), base64url; null when the client sent none.</summary>
    public string? CodeChallenge { get; init; }

    /// <summary>OpenID Connect Core §3.1.2.1.</summary>
    public string? Nonce { get; init; }

    /// <summary>The granted scopes, in the order requested.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>The resources that tokens may be for (RFC 8707).</summary>
    public IReadOnlyList<string> Resources { get; init; } = [];

    /// <summary>The <c>claims</c> parameter as JSON, validated; null when absent.</summary>
    public string? ClaimsRequest { get; init; }

    /// <summary>When the person authenticated.</summary>
    public required DateTimeOffset AuthTime { get; init; }

    /// <summary>The achieved <c>acr</c>.</summary>
    public required string Acr { get; init; }

    /// <summary>The used <c>amr</c>.</summary>
    public required IReadOnlyList<string> Amr { get; init; }

    /// <summary>How long the code lives.</summary>
    public required TimeSpan Lifetime { get; init; }

    /// <summary>Whether redemption also issues a refresh token.</summary>
    public bool IssueRefreshToken { get; init; }

    /// <summary>Whether the family dies with the session.</summary>
    public bool EndsWithSession { get; init; }

    /// <summary>
    /// Issue only when a remembered, unexpired consent of this person for this client covers all scopes;
    /// decided in the same statement.
    /// </summary>
    public bool RequireRememberedConsent { get; init; }
}

/// <summary>What became of an attempt to issue a code.</summary>
public enum CodeIssueVerdict
{
    /// <summary>The code exists.</summary>
    Issued,

    /// <summary>No remembered consent covers the scopes; nothing was written.</summary>
    ConsentRequired,

    /// <summary>The session, the person or the client is no longer alive; nothing was written.</summary>
    SessionEnded,
}

/// <summary>A code as presented at the token endpoint, and what to record if it is accepted.</summary>
public sealed record CodePresentation
{
    /// <summary>SHA-256 of the presented code.</summary>
    public required byte[] CodeHash { get; init; }

    /// <summary>Who presents it.</summary>
    public required string ClientId { get; init; }

    /// <summary>Whether the client authenticated (a public client did not).</summary>
    public required bool ClientAuthenticated { get; init; }

    /// <summary>The presented redirect URI. Null is accepted only where <see cref="RedirectUriOptional"/>.</summary>
    public string? RedirectUri { get; init; }

    /// <summary>OAuth 2.1 no longer sends the redirect URI to the token endpoint.</summary>
    public bool RedirectUriOptional { get; init; }

    /// <summary>The S256 transformation of the presented verifier; null when none was sent.</summary>
    public string? VerifierChallenge { get; init; }

    /// <summary>How long after the redemption an identical request counts as a double submit, which revokes nothing.</summary>
    public required TimeSpan DoubleSubmitWindow { get; init; }

    /// <summary>The id of the grant (family) to insert.</summary>
    public required Guid GrantId { get; init; }

    /// <summary>SHA-256 of the first refresh token's secret; stored only if the code issues one.</summary>
    public required byte[] RefreshSecretHash { get; init; }

    /// <summary>The longest life of the family's refresh tokens.</summary>
    public required TimeSpan RefreshAbsoluteLifetime { get; init; }

    /// <summary>The life of an unused refresh token; equal to the absolute one where it does not slide.</summary>
    public required TimeSpan RefreshIdleLifetime { get; init; }

    /// <summary>How long the grant must outlive its redemption when no refresh token is issued: the access token's life.</summary>
    public required TimeSpan AccessTokenLifetime { get; init; }

    /// <summary>The <c>resource</c> parameters of the token request (RFC 8707 §2.2); null: all of the grant.</summary>
    public IReadOnlyList<string>? Resources { get; init; }

    /// <summary>The caller's network (/24 or /48), which its refresh tokens begin with.</summary>
    public string? Network { get; init; }

    /// <summary>The caller's user-agent family, likewise.</summary>
    public string? UserAgent { get; init; }

    /// <summary>Whether the person's claims and roles are wanted. A grant with a <c>claims</c> parameter brings them in any case.</summary>
    public bool WithProfile { get; init; } = true;
}

/// <summary>The decision on a presented code.</summary>
public enum CodeVerdict
{
    /// <summary>Accepted: it is consumed, and the grant exists.</summary>
    Redeemed,

    /// <summary>No such code.</summary>
    Unknown,

    /// <summary>Its time is over.</summary>
    Expired,

    /// <summary>It belongs to another client. Neither consumed nor revoked.</summary>
    WrongClient,

    /// <summary>Another redirect URI, or none. Neither consumed nor revoked.</summary>
    WrongRedirectUri,

    /// <summary>The verifier is missing, wrong, or sent without a challenge. Neither consumed nor revoked.</summary>
    WrongVerifier,

    /// <summary>Used before; what it gave has been revoked now (RFC 6749 §4.1.2).</summary>
    Replayed,

    /// <summary>The same request a moment ago succeeded; refused, and nothing revoked.</summary>
    DoubleSubmit,

    /// <summary>A resource was asked for that was not granted (RFC 8707 §2.2). Neither consumed nor revoked.</summary>
    InvalidTarget,

    /// <summary>The session, the person or the client ended in the meantime.</summary>
    Dead,
}

/// <summary>A grant: all that is needed to mint tokens from it.</summary>
public sealed record Grant
{
    /// <summary>The id that access tokens name, and the family id of refresh tokens.</summary>
    public required Guid Id { get; init; }

    /// <summary>To whom.</summary>
    public required string ClientId { get; init; }

    /// <summary>About whom.</summary>
    public required Guid SubjectId { get; init; }

    /// <summary>The session in which it was granted.</summary>
    public required Guid SessionId { get; init; }

    /// <summary>All scopes of the grant.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>All resources of the grant.</summary>
    public required IReadOnlyList<string> Resources { get; init; }

    /// <summary>The <c>claims</c> parameter of the authorization request, as JSON.</summary>
    public string? ClaimsRequest { get; init; }

    /// <summary>When the person authenticated.</summary>
    public required DateTimeOffset AuthTime { get; init; }

    /// <summary>The achieved <c>acr</c>.</summary>
    public required string Acr { get; init; }

    /// <summary>The used <c>amr</c>.</summary>
    public required IReadOnlyList<string> Amr { get; init; }
}

/// <summary>The answer to a presented code.</summary>
/// <param name="Verdict">The decision.</param>
/// <param name="Now">The database's clock at the decision.</param>
public sealed record CodeRedemption(CodeVerdict Verdict, DateTimeOffset Now)
{
    /// <summary>Set when redeemed.</summary>
    public Grant? Grant { get; init; }

    /// <summary>Set when redeemed.</summary>
    public SubjectRecord? Subject { get; init; }

    /// <summary>The nonce of the authorization request.</summary>
    public string? Nonce { get; init; }

    /// <summary>Whether the first refresh token was recorded.</summary>
    public bool RefreshTokenIssued { get; init; }

    /// <summary>Set when a replay has revoked a grant.</summary>
    public RevokedGrant? Revoked { get; init; }
}

/// <summary>A grant that was revoked by this decision.</summary>
/// <param name="Id">Which one.</param>
/// <param name="SubjectId">About whom.</param>
/// <param name="SessionId">The session in which it was granted.</param>
public sealed record RevokedGrant(Guid Id, Guid SubjectId, Guid SessionId);
