using IdentityProvider.Protocol.Errors;
using IdentityProvider.Protocol.Scopes;
using IdentityProvider.Protocol.Tokens;

namespace IdentityProvider.Protocol.Endpoints.Token;

/// <summary>The client credentials grant (RFC 6749 §4.4): no person, no refresh token, and for a JWT no round trip.</summary>
internal sealed class ClientCredentialsGrant(TokenIssuer issuer, Lifetimes lifetimes, IResourceSource resources, TimeProvider time) : IGrant
{
    public string GrantType => GrantTypes.ClientCredentials;

    public async Task<Result<TokenResponse>> ExecuteAsync(TokenRequest request, CancellationToken cancellationToken)
    {
        // RFC 6749 §4.4: confidential clients only.
        if (!request.ClientIsAuthenticated)
        {
            return OAuthError.UnauthorizedClient("A public client cannot use client_credentials.");
        }

        var catalog = await resources.GetAsync(cancellationToken);
        if (!GrantedResources.Resolve(request.Client, catalog, request.Scope, request.Resources, forMachine: true).Succeeded(out var granted, out var error))
        {
            return error;
        }

        return await issuer.IssueAsync(
            new Issuance
            {
                Client = request.Client,
                Scopes = granted.Scopes,
                Resources = granted.Resources,
                Now = time.GetUtcNow(),
                Lifetimes = await lifetimes.DecideAsync(request.ForLifetimes, cancellationToken),
            },
            cancellationToken);
    }
}
