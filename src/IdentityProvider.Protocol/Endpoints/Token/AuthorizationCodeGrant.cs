using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Errors;
using IdentityProvider.Protocol.Events;
using IdentityProvider.Protocol.Grants;
using IdentityProvider.Protocol.Tokens;

namespace IdentityProvider.Protocol.Endpoints.Token;

/// <summary>The authorization code grant (RFC 6749 §4.1.3) with PKCE (RFC 7636 §4.6).</summary>
internal sealed class AuthorizationCodeGrant(
    IGrantStore grants,
    TokenIssuer issuer,
    RefreshTokenCodec refreshTokens,
    Lifetimes lifetimes,
    SecurityEvents events,
    TimeProvider time) : IGrant
{
    private const int ShortestVerifier = 43;

    /// <summary>A person's double click reaches us as two requests; later, a second redemption is a replay.</summary>
    private static readonly TimeSpan s_doubleSubmitWindow = TimeSpan.FromSeconds(5);

    public string GrantType => GrantTypes.AuthorizationCode;

    public async Task<Result<TokenResponse>> ExecuteAsync(TokenRequest request, CancellationToken cancellationToken)
    {
        if (request.Code is not { } code)
        {
            return OAuthError.InvalidRequest("The parameter code is missing.");
        }

        var client = request.Client;
        var refreshToken = RefreshTokenCodec.First(Guid.CreateVersion7(time.GetUtcNow()));
        var lives = await lifetimes.DecideAsync(request.ForLifetimes, cancellationToken);
        var redemption = await grants.RedeemCodeAsync(new CodePresentation
        {
            CodeHash = Handles.Hash(code),
            ClientId = client.ClientId,
            ClientAuthenticated = request.ClientIsAuthenticated,
            RedirectUri = request.RedirectUri,
            RedirectUriOptional = client.Profile == ClientProfile.OAuth21,
            VerifierChallenge = request.CodeVerifier is { } verifier ? Challenge(verifier) : null,
            DoubleSubmitWindow = client.Profile == ClientProfile.Fapi2 ? TimeSpan.Zero : s_doubleSubmitWindow,
            GrantId = refreshToken.FamilyId,
            RefreshSecretHash = refreshToken.SecretHash,
            RefreshAbsoluteLifetime = lives.RefreshAbsolute,
            RefreshIdleLifetime = lives.RefreshIdle,
            AccessTokenLifetime = lives.AccessToken,
            Resources = request.Resources.Count > 0 ? request.Resources : null,
            Network = request.Network,
            UserAgent = request.UserAgent,
            WithProfile = await issuer.NeedsProfileAsync(client, cancellationToken),
        });
        if (redemption.Revoked is { } revoked)
        {
            ReportReplay(revoked, redemption.Now, request);
        }

        if (redemption is not { Verdict: CodeVerdict.Redeemed, Grant: { } grant, Subject: { } subject })
        {
            return redemption.Verdict == CodeVerdict.InvalidTarget
                ? OAuthError.InvalidTarget("A resource was requested that was not granted.")
                : OAuthError.InvalidGrant(Explain(redemption.Verdict)) with { Detail = redemption.Verdict.ToString() };
        }

        return await issuer.IssueAsync(
            new Issuance
            {
                Client = client,
                Grant = grant,
                Subject = subject,
                Scopes = grant.Scopes,
                Resources = request.Resources.Count > 0 ? request.Resources : grant.Resources,
                Now = redemption.Now,
                Lifetimes = lives,
                Nonce = redemption.Nonce,
                RefreshToken = redemption.RefreshTokenIssued ? refreshTokens.Encode(refreshToken, client.ClientId) : null,
            },
            cancellationToken);
    }

    private void ReportReplay(RevokedGrant revoked, DateTimeOffset now, TokenRequest request) => events.Report(new SecurityEvent
    {
        Type = SecurityEventTypes.AuthorizationCodeReplayed,
        OccurredAt = now,
        SubjectId = revoked.SubjectId,
        ClientId = request.Client.ClientId,
        SessionId = revoked.SessionId,
        GrantId = revoked.Id,
        Network = request.Network,
        UserAgent = request.UserAgent,
        Alarming = true,
        Recorded = true,
    });

    /// <summary>What the verifier is compared by; of something that RFC 7636 §4.1 calls none, nothing that any challenge equals.</summary>
    private static string Challenge(string verifier) => verifier.Length >= ShortestVerifier && verifier.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_' or '~')
        ? Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)))
        : "";

    private static string Explain(CodeVerdict verdict) => verdict switch
    {
        CodeVerdict.Expired => "The authorization code has expired.",
        CodeVerdict.WrongRedirectUri => "The redirect_uri is not the one of the authorization request.",
        CodeVerdict.WrongVerifier => "The code_verifier does not match the code_challenge of the authorization request.",
        CodeVerdict.Replayed or CodeVerdict.DoubleSubmit => "The authorization code has been used before.",
        CodeVerdict.Dead => "The session in which the authorization code was issued has ended.",
        _ => "The authorization code is not valid for this client.",
    };
}
