using System.Collections.Frozen;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Cors;
using IdentityProvider.Protocol.Errors;
using IdentityProvider.Protocol.Tokens;
using Microsoft.AspNetCore.Http;

namespace IdentityProvider.Protocol.Endpoints.Token;

/// <summary>The token endpoint (RFC 6749 §3.2).</summary>
internal sealed class TokenEndpoint(
    ClientAuthenticator authenticator, IEnumerable<IGrant> grants, ITokenLimit limit, CorsPolicy cors, ProtocolMetrics metrics, Refusals refusals)
{
    private readonly FrozenDictionary<string, IGrant> _grants = grants.ToFrozenDictionary(grant => grant.GrantType, StringComparer.Ordinal);

    public async Task HandleAsync(HttpContext context)
    {
        var known = new Known();
        var result = await ExecuteAsync(context, known);
        metrics.TokenRequest(known.GrantType, result);
        if (result.Succeeded(out var response, out var error))
        {
            ProtocolSpans.Outcome("issued");
            await ProtocolResponse.WriteJsonAsync(context, StatusCodes.Status200OK, response, static (json, response) => response.Write(json));
            return;
        }

        refusals.Note("token", error with { ClientId = error.ClientId ?? known.ClientId });
        await ProtocolResponse.WriteErrorAsync(context, error);
    }

    private async Task<Result<TokenResponse>> ExecuteAsync(HttpContext context, Known known)
    {
        await cors.AllowAnyClientAsync(context);
        if (!(await Parameters.FromFormAsync(context.Request)).Succeeded(out var parameters, out var error)
            || !(await authenticator.AuthenticateAsync(context, parameters)).Succeeded(out var client, out error))
        {
            return error;
        }

        known.ClientId = client.Client.ClientId;
        ProtocolSpans.Client(known.ClientId);
        CorsPolicy.Allow(context, client.Client);
        if (await limit.TakeAsync(context, client.Client) is { } wait)
        {
            return OAuthError.TooManyRequests(wait);
        }

        if (!TokenRequest.Parse(context, parameters, client).Succeeded(out var request, out error))
        {
            return error;
        }

        if (!_grants.TryGetValue(request.GrantType, out var grant))
        {
            return OAuthError.UnsupportedGrantType("This grant type is not supported.");
        }

        known.GrantType = grant.GrantType;
        ProtocolSpans.GrantType(grant.GrantType);
        if (!MayUse(request.Client, request.GrantType))
        {
            return OAuthError.UnauthorizedClient("This client may not use this grant type.") with { Detail = request.GrantType };
        }

        return await grant.ExecuteAsync(request, context.RequestAborted);
    }

    // The right to refresh comes with offline access; the store knows whether a given token exists.
    private static bool MayUse(Client client, string grantType) => grantType == GrantTypes.RefreshToken
        ? client.AllowOfflineAccess || client.AllowedGrantTypes.Contains(grantType)
        : client.AllowedGrantTypes.Contains(grantType);

    /// <summary>What is certain about a request, however it ends.</summary>
    private sealed class Known
    {
        public string? ClientId { get; set; }

        public string? GrantType { get; set; }
    }
}
