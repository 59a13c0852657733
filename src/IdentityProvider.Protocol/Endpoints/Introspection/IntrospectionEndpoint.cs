using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Errors;
using IdentityProvider.Protocol.Tokens;
using Microsoft.AspNetCore.Http;

namespace IdentityProvider.Protocol.Endpoints.Introspection;

/// <summary>
/// Token introspection (RFC 7662) of access tokens. The caller is an API that the token is for, or the client that owns it;
/// to anybody else, and for anything that is not alive, the answer is exactly <c>{"active":false}</c>.
/// </summary>
internal sealed class IntrospectionEndpoint(ClientAuthenticator authenticator, AccessTokens tokens, IClientSource clients, Refusals refusals)
{
    /// <summary>The store knows whether a client of the catalog is enabled; one that a host brings itself, only its source does.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        if (!(await Parameters.FromFormAsync(context.Request)).Succeeded(out var parameters, out var error))
        {
            await RefuseAsync(context, error);
            return;
        }

        if (!(await FindCallerAsync(context, parameters)).Succeeded(out var caller, out error))
        {
            await RefuseAsync(context, error);
            return;
        }

        ProtocolSpans.Client(caller.Id);
        if (parameters.FindFlaw(["token", "token_type_hint"]) is { } flaw)
        {
            await RefuseAsync(context, flaw with { ClientId = caller.Id });
            return;
        }

        if (parameters["token"] is not { } token)
        {
            await RefuseAsync(context, OAuthError.InvalidRequest("The parameter token is missing.") with { ClientId = caller.Id });
            return;
        }

        var live = await tokens.FindLiveAsync(token, withSubject: false, context.RequestAborted);
        if (live is null || !caller.MaySee(live.Token) || await clients.FindAsync(live.Token.Reference.ClientId, context.RequestAborted) is not { Enabled: true })
        {
            ProtocolSpans.Outcome("inactive");
            await ProtocolResponse.WriteJsonAsync(context, StatusCodes.Status200OK, 0, static (json, _) => json.WriteBoolean("active", false));
            return;
        }

        ProtocolSpans.Outcome("active");

        // The claims set is a JSON object that we wrote, and never empty: its members follow ours.
        byte[] answer = [.. """{"active":true,"token_type":"Bearer","""u8, .. live.Token.Claims.AsSpan(1)];
        await ProtocolResponse.WriteJsonAsync(context, StatusCodes.Status200OK, answer);
    }

    private Task RefuseAsync(HttpContext context, OAuthError error)
    {
        refusals.Note("introspect", error);
        return ProtocolResponse.WriteErrorAsync(context, error);
    }

    private async ValueTask<Result<Caller>> FindCallerAsync(HttpContext context, Parameters parameters)
    {
        if (!ClientCredentials.Read(context.Request, parameters).Succeeded(out var credentials, out var error))
        {
            return error;
        }

        if (await authenticator.AuthenticateResourceAsync(credentials, context.RequestAborted) is { } resource)
        {
            return new Caller(resource.Name, ClientId: null);
        }

        if (!(await authenticator.AuthenticateAsync(credentials, context.RequestAborted)).Succeeded(out var client, out error))
        {
            return error;
        }

        // RFC 7662 §2.1: the endpoint must not be open to those who prove nothing.
        return client.IsAuthenticated ? new Caller(ResourceName: null, client.Client.ClientId) : OAuthError.InvalidClient() with { Detail = "a public client may not introspect", ClientId = client.Client.ClientId };
    }

    private sealed record Caller(string? ResourceName, string? ClientId)
    {
        public string Id => ResourceName ?? ClientId!;

        public bool MaySee(VerifiedAccessToken token) => ResourceName is not null
            ? token.Audiences.Contains(ResourceName)
            : token.Reference.ClientId == ClientId;
    }
}
