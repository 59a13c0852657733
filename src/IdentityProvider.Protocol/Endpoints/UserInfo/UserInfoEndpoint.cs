using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Cors;
using IdentityProvider.Protocol.Errors;
using IdentityProvider.Protocol.Scopes;
using IdentityProvider.Protocol.Subjects;
using IdentityProvider.Protocol.Tokens;
using Microsoft.AspNetCore.Http;

namespace IdentityProvider.Protocol.Endpoints.UserInfo;

/// <summary>The userinfo endpoint (OpenID Connect Core §5.3): GET, POST with the token in the header, POST with it in the form.</summary>
internal sealed class UserInfoEndpoint(AccessTokens tokens, IClientSource clients, IResourceSource resources, ClaimsAssembler claimsAssembler, CorsPolicy cors, Refusals refusals)
{
    public async Task HandleAsync(HttpContext context)
    {
        // Whose token it is, is not known yet, or not any more: that it is over, its app may read.
        await cors.AllowAnyClientAsync(context);
        if (!(await BearerToken.ReadAsync(context.Request)).Succeeded(out var token, out var error))
        {
            await RefuseAsync(context, error);
            return;
        }

        if (token.Length == 0)
        {
            ProtocolSpans.Outcome("challenged");
            await BearerToken.WriteChallengeAsync(context);
            return;
        }

        var live = await tokens.FindLiveAsync(token, withSubject: true, context.RequestAborted);
        var client = live is null ? null : await clients.FindAsync(live.Token.Reference.ClientId, context.RequestAborted);
        if (client is not null)
        {
            ProtocolSpans.Client(client.ClientId);
            CorsPolicy.Allow(context, client);
        }

        if (live is null || client is not { Enabled: true })
        {
            await RefuseAsync(context, OAuthError.InvalidToken("The access token is not valid, has expired or was revoked.") with { ClientId = client?.ClientId });
            return;
        }

        if (live.Status.Subject is not { } subject || !live.Token.Scopes.Contains(GrantedResources.OpenId))
        {
            await RefuseAsync(context, OAuthError.InsufficientScope("The access token was issued without the scope openid.") with { ClientId = client.ClientId });
            return;
        }

        var claims = await ClaimsAsync(live, subject, client, context.RequestAborted);
        ProtocolSpans.Outcome("answered");
        await ProtocolResponse.WriteJsonAsync(context, StatusCodes.Status200OK, (subject.Subject, claims), static (json, answer) =>
        {
            json.WriteString("sub", answer.Subject);
            ClaimsAssembler.Write(json, answer.claims);
        });
    }

    private Task RefuseAsync(HttpContext context, OAuthError error)
    {
        refusals.Note("userinfo", error);
        return BearerToken.WriteErrorAsync(context, error);
    }

    private async Task<IDictionary<string, object>> ClaimsAsync(
        LiveAccessToken live, SubjectRecord subject, Client client, CancellationToken cancellationToken)
    {
        var catalog = await resources.GetAsync(cancellationToken);
        var names = ScopeClaims.Of(catalog, live.Token.Scopes);
        if (live.Status.ClaimsRequest is { } json && ClaimsRequest.Parse(json).Succeeded(out var requested, out _))
        {
            // What a client may never ask for by scope, it does not get by name either.
            names.UnionWith(requested.UserInfo.Intersect(ScopeClaims.Of(catalog, client.AllowedScopes)));
        }

        return await claimsAssembler.AssembleAsync(ProfileCaller.UserInfo, subject, client, live.Token.Scopes, names, cancellationToken);
    }
}
