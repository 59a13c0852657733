using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Cors;
using IdentityProvider.Protocol.Errors;
using IdentityProvider.Protocol.Grants;
using IdentityProvider.Protocol.Tokens;
using Microsoft.AspNetCore.Http;

namespace IdentityProvider.Protocol.Endpoints.Revocation;

/// <summary>
/// Token revocation (RFC 7009). Any generation of a refresh token ends its family and the access tokens that name it; an access token
/// ends itself. A token that is unknown or not the client's own is answered 200 too (§2.2), and nothing happens.
/// </summary>
internal sealed class RevocationEndpoint(
    ClientAuthenticator authenticator, RefreshTokenCodec refreshTokens, AccessTokenVerifier verifier, IGrantStore grants, CorsPolicy cors)
{
    public async Task HandleAsync(HttpContext context)
    {
        if (await ExecuteAsync(context) is { } error)
        {
            await ProtocolResponse.WriteErrorAsync(context, error);
            return;
        }

        context.Response.StatusCode = StatusCodes.Status200OK;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentLength = 0;
    }

    private async Task<OAuthError?> ExecuteAsync(HttpContext context)
    {
        if (!(await Parameters.FromFormAsync(context.Request)).Succeeded(out var parameters, out var error)
            || !(await authenticator.AuthenticateAsync(context, parameters)).Succeeded(out var client, out error))
        {
            await cors.AllowAnyClientAsync(context);
            return error;
        }

        CorsPolicy.Allow(context, client.Client);
        if (parameters.FindFlaw(["token", "token_type_hint"]) is { } flaw)
        {
            return flaw;
        }

        if (parameters["token"] is not { } token)
        {
            return OAuthError.InvalidRequest("The parameter token is missing.");
        }

        await RevokeAsync(token, client.Client.ClientId);
        return null;
    }

    // The forms of the three kinds of token do not overlap, so the hint (§2.1) is not needed.
    private async Task RevokeAsync(string token, string clientId)
    {
        if (refreshTokens.Decode(token, clientId) is { } refreshToken)
        {
            await grants.RevokeGrantAsync(refreshToken.FamilyId, clientId, "revoked by the client");
            return;
        }

        if (token.Contains('.', StringComparison.Ordinal))
        {
            if (await verifier.VerifyAsync(token) is { } verified && verified.Reference.ClientId == clientId)
            {
                await grants.RevokeAccessTokenAsync(verified.Reference, verified.ExpiresAt);
            }

            return;
        }

        var reference = await grants.FindReferenceTokenAsync(Handles.Hash(token), withSubject: false, CancellationToken.None);
        if (reference is not null && reference.Token.ClientId == clientId && VerifiedAccessToken.Read(System.Text.Encoding.UTF8.GetBytes(reference.Claims)) is { } stored)
        {
            await grants.RevokeAccessTokenAsync(reference.Token, stored.ExpiresAt);
        }
    }
}
