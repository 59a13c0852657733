using System.Collections.Frozen;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Cors;
using IdentityProvider.Protocol.Errors;
using IdentityProvider.Protocol.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace IdentityProvider.Protocol.Endpoints.Token;

/// <summary>The token endpoint (RFC 6749 §3.2).</summary>
internal sealed partial class TokenEndpoint(
    ClientAuthenticator authenticator, IEnumerable<IGrant> grants, ITokenLimit limit, CorsPolicy cors, ProtocolMetrics metrics, ILogger<TokenEndpoint> logger)
{
    private readonly FrozenDictionary<string, IGrant> _grants = grants.ToFrozenDictionary(grant => grant.GrantType, StringComparer.Ordinal);

    public async Task HandleAsync(HttpContext context)
    {
        var result = await ExecuteAsync(context);
        if (result.Succeeded(out var response, out var error))
        {
            ProtocolSpans.Outcome("issued");
            await ProtocolResponse.WriteJsonAsync(context, StatusCodes.Status200OK, response, static (json, response) => response.Write(json));
            return;
        }

        ProtocolSpans.Refused(error);
        Refused(error.Code, error.Description, error.Detail);
        await ProtocolResponse.WriteErrorAsync(context, error);
    }

    private async Task<Result<TokenResponse>> ExecuteAsync(HttpContext context)
    {
        if (!(await Parameters.FromFormAsync(context.Request)).Succeeded(out var parameters, out var error)
            || !(await authenticator.AuthenticateAsync(context, parameters)).Succeeded(out var client, out error))
        {
            await cors.AllowAnyClientAsync(context);
            return error;
        }

        ProtocolSpans.Client(client.Client.ClientId);
        CorsPolicy.Allow(context, client.Client);
        if (await limit.TakeAsync(context, client.Client) is { } wait)
        {
            return OAuthError.TooManyRequests(wait) with { Detail = client.Client.ClientId };
        }

        if (!TokenRequest.Parse(context, parameters, client).Succeeded(out var request, out error))
        {
            return error;
        }

        if (!_grants.TryGetValue(request.GrantType, out var grant))
        {
            return OAuthError.UnsupportedGrantType("This grant type is not supported.");
        }

        ProtocolSpans.GrantType(grant.GrantType);
        if (!MayUse(request.Client, request.GrantType))
        {
            return OAuthError.UnauthorizedClient("This client may not use this grant type.") with { Detail = request.GrantType };
        }

        var result = await grant.ExecuteAsync(request, context.RequestAborted);
        metrics.TokenRequest(request.GrantType, result);
        return result;
    }

    // The right to refresh comes with offline access; the store knows whether a given token exists.
    private static bool MayUse(Client client, string grantType) => grantType == GrantTypes.RefreshToken
        ? client.AllowOfflineAccess || client.AllowedGrantTypes.Contains(grantType)
        : client.AllowedGrantTypes.Contains(grantType);

    [LoggerMessage(3000, LogLevel.Information, "Token request refused: {Error}: {Description} {Detail}")]
    private partial void Refused(string error, string description, string? detail);
}
