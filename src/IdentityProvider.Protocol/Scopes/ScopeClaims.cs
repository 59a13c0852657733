namespace IdentityProvider.Protocol.Scopes;

/// <summary>The claims that scopes of OpenID Connect grant (OpenID Connect Core §5.4).</summary>
internal static class ScopeClaims
{
    public static HashSet<string> Of(ResourceCatalog catalog, IEnumerable<string> scopes)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var scope in scopes)
        {
            if (catalog.IdentityResources.TryGetValue(scope, out var resource) && resource.Enabled)
            {
                names.UnionWith(resource.UserClaims);
            }
        }

        return names;
    }
}
