using System.Text;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Cors;
using IdentityProvider.Protocol.Errors;
using IdentityProvider.Protocol.Grants;
using IdentityProvider.Protocol.Tokens;
using Microsoft.AspNetCore.Http;

namespace IdentityProvider.Protocol.Endpoints.Revocation;

/// <summary>
/// Token revocation (RFC 7009). Any generation of a refresh token ends its family and the access tokens that name it; an access token
/// ends itself. A token that is unknown is answered 200 too (§2.2), and nothing happens; an access token of another client is refused (§2.1). A
/// refresh token of another client is like garbage: only its own client's id makes its MAC come out.
/// </summary>
internal sealed class RevocationEndpoint(
    ClientAuthenticator authenticator, RefreshTokenCodec refreshTokens, AccessTokenVerifier verifier, IGrantStore grants, CorsPolicy cors, Refusals refusals)
{
    public async Task HandleAsync(HttpContext context)
    {
        if (await ExecuteAsync(context) is { } error)
        {
            refusals.Note("revocation", error);
            await ProtocolResponse.WriteErrorAsync(context, error);
            return;
        }

        context.Response.StatusCode = StatusCodes.Status200OK;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentLength = 0;
    }

    private async Task<OAuthError?> ExecuteAsync(HttpContext context)
    {
        await cors.AllowAnyClientAsync(context);
        if (!(await Parameters.FromFormAsync(context.Request)).Succeeded(out var parameters, out var error)
            || !(await authenticator.AuthenticateAsync(context, parameters)).Succeeded(out var client, out error))
        {
            return error;
        }

        CorsPolicy.Allow(context, client.Client);
        if (parameters.FindFlaw(["token", "token_type_hint"]) is { } flaw)
        {
            return flaw with { ClientId = client.Client.ClientId };
        }

        if (parameters["token"] is not { } token)
        {
            return OAuthError.InvalidRequest("The parameter token is missing.") with { ClientId = client.Client.ClientId };
        }

        return await RevokeAsync(token, client.Client.ClientId)
            ? null
            : OAuthError.InvalidGrant("The token was issued to another client.") with { ClientId = client.Client.ClientId };
    }

    // The forms of the three kinds of token do not overlap, so the hint (§2.1) is not needed.
    private async Task<bool> RevokeAsync(string token, string clientId)
    {
        if (refreshTokens.Decode(token, clientId) is { } refreshToken)
        {
            await grants.RevokeGrantAsync(refreshToken.FamilyId, clientId, "revoked by the client");
            return true;
        }

        var (reference, expiresAt) = token.Contains('.', StringComparison.Ordinal) ? await VerifyAsync(token) : await FindAsync(token);
        if (reference is null)
        {
            return true;
        }

        if (reference.ClientId != clientId)
        {
            return false;
        }

        await grants.RevokeAccessTokenAsync(reference, expiresAt);
        return true;
    }

    private async Task<(AccessTokenReference? Reference, DateTimeOffset ExpiresAt)> VerifyAsync(string token) =>
        await verifier.VerifyAsync(token) is { } verified ? (verified.Reference, verified.ExpiresAt) : default;

    private async Task<(AccessTokenReference? Reference, DateTimeOffset ExpiresAt)> FindAsync(string token) =>
        await grants.FindReferenceTokenAsync(Handles.Hash(token), withSubject: false, CancellationToken.None) is { } stored
            && VerifiedAccessToken.Read(Encoding.UTF8.GetBytes(stored.Claims)) is { } content
            ? (stored.Token, content.ExpiresAt)
            : default;
}
