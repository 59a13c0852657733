using IdentityProvider.Protocol.Consents;
using IdentityProvider.Protocol.Interactions;
using IdentityProvider.Protocol.Scopes;

namespace IdentityProvider.Protocol.Endpoints.Authorization;

/// <summary>What the consent page lists.</summary>
internal static class ConsentPage
{
    /// <summary>
    /// Whether the page lists scopes for the person to choose. A native client that needs no consent only needs a click.
    /// </summary>
    public static bool IsItemised(AuthorizationRequest request) =>
        request.Client.RequireConsent || request.Prompt.HasFlag(Prompt.Consent);

    public static IReadOnlyList<ConsentScope> Lines(AuthorizationRequest request, ResourceCatalog catalog, Consent? remembered)
    {
        if (!IsItemised(request))
        {
            return [];
        }

        return
        [
            .. request.Granted.Scopes.Select(name =>
            {
                catalog.IdentityResources.TryGetValue(name, out var identity);
                catalog.ApiScopes.TryGetValue(name, out var api);
                return new ConsentScope
                {
                    Name = name,
                    DisplayName = identity?.DisplayName ?? api?.DisplayName,
                    Description = identity?.Description ?? api?.Description,
                    Required = name == GrantedResources.OpenId || identity?.Required == true || api?.Required == true,
                    Emphasize = identity?.Emphasize == true || api?.Emphasize == true,
                    Remembered = remembered?.Scopes.Contains(name) == true,
                };
            }),
        ];
    }
}
