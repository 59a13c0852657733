using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Errors;
using IdentityProvider.Protocol.Keys;

namespace IdentityProvider.Protocol.Scopes;

/// <summary>Scopes and resources of a request that the client may have, resolved against the catalog.</summary>
internal sealed record GrantedResources
{
    public const string OpenId = "openid";
    public const string OfflineAccess = "offline_access";

    /// <summary>The scope values, in the order requested.</summary>
    public required IReadOnlyList<string> Scopes { get; init; }

    /// <summary>
    /// The names of the resources that tokens may be for: those that the request named (RFC 8707), else all whose scopes it names,
    /// but those that insist on being named. A token request may narrow them (§2.2).
    /// </summary>
    public required IReadOnlyList<string> Resources { get; init; }

    public bool HasOfflineAccess => Scopes.Contains(OfflineAccess);

    /// <summary>Checks a <c>scope</c> parameter (RFC 6749 §3.3) and <c>resource</c> parameters (RFC 8707 §2) of a client.</summary>
    public static Result<GrantedResources> Resolve(Client client, ResourceCatalog catalog, string? scope, IReadOnlyList<string> resources, bool forMachine)
    {
        var requested = scope is null
            ? DefaultScopes(client, catalog, forMachine)
            : [.. scope.Split(' ', StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal)];
        var granted = new List<string>(requested.Length);
        foreach (var name in requested)
        {
            if (name == OfflineAccess)
            {
                // OpenID Connect Core §11: a request that may not have it is served without it.
                if (client.AllowOfflineAccess && !forMachine)
                {
                    granted.Add(name);
                }

                continue;
            }

            if (!MayHave(client, catalog, name))
            {
                return OAuthError.InvalidScope("A requested scope does not exist, or this client may not have it.") with { Detail = name };
            }

            if (forMachine && !IsApiScope(catalog, name))
            {
                return OAuthError.InvalidScope("A scope of OpenID Connect needs a person; client_credentials has none.") with { Detail = name };
            }

            granted.Add(name);
        }

        if (granted.Count == 0)
        {
            return OAuthError.InvalidScope("The scope parameter names no scope that this client may have.");
        }

        var named = new List<string>(resources.Count);
        foreach (var indicator in resources)
        {
            if (!catalog.ApiResources.TryGetValue(indicator, out var resource) || !resource.Enabled)
            {
                return OAuthError.InvalidTarget("A requested resource does not exist.") with { Detail = indicator };
            }

            if (!resource.Scopes.Any(granted.Contains))
            {
                return OAuthError.InvalidTarget("No requested scope belongs to the requested resource.") with { Detail = indicator };
            }

            if (!named.Contains(indicator))
            {
                named.Add(indicator);
            }
        }

        var targets = named.Count > 0 ? [.. named] : DefaultResources(catalog, granted);

        // A scope of an API that no token will be for is not granted, nor asked of the person.
        var usable = ScopesFor(catalog, granted, targets);
        if (usable.All(scope => scope == OfflineAccess) && usable.Count < granted.Count)
        {
            return OAuthError.InvalidTarget("The requested scopes belong to APIs that are disabled, or have to be named by the resource parameter (RFC 8707).");
        }

        // Resources that a person's request names may still be narrowed to one of them at the token endpoint (§2.2).
        if ((named.Count == 0 || forMachine) && CheckAlgorithms(Audience(catalog, usable, targets)) is { } error)
        {
            return error;
        }

        return new GrantedResources { Scopes = usable, Resources = targets };
    }

    /// <summary>What a client may still have of granted scopes: an operator may have taken some away, or disabled them, since.</summary>
    public static IReadOnlyList<string> StillAllowed(Client client, ResourceCatalog catalog, IReadOnlyList<string> scopes) =>
        [.. scopes.Where(scope => scope == OfflineAccess || MayHave(client, catalog, scope))];

    /// <summary>One token is signed by one algorithm, which all its APIs have to accept.</summary>
    public static OAuthError? CheckAlgorithms(IReadOnlyList<ApiResource> audience) => !Constrained(audience).Any() || CommonAlgorithm(audience) is not null
        ? null
        : OAuthError.InvalidTarget("The requested scopes belong to APIs that accept no common algorithm: name one by the resource parameter (RFC 8707).");

    /// <summary>The APIs that an access token of these scopes and resources is for.</summary>
    public static IReadOnlyList<ApiResource> Audience(ResourceCatalog catalog, IReadOnlyList<string> scopes, IReadOnlyList<string> resources) =>
    [
        .. resources.Select(name => catalog.ApiResources.GetValueOrDefault(name))
            .OfType<ApiResource>()
            .Where(resource => resource.Enabled && resource.Scopes.Any(scopes.Contains))
            .OrderBy(resource => resource.Name, StringComparer.Ordinal),
    ];

    /// <summary>What remains of the scopes for these resources: those that belong to other APIs only, or to disabled ones, go (RFC 8707 §2.2).</summary>
    public static IReadOnlyList<string> ScopesFor(ResourceCatalog catalog, IReadOnlyList<string> scopes, IReadOnlyList<string> resources) =>
    [
        .. scopes.Where(scope => !catalog.ApiScopes.ContainsKey(scope)
            || !catalog.ApiResources.Values.Any(resource => resource.Scopes.Contains(scope))
            || resources.Any(name => catalog.ApiResources.TryGetValue(name, out var resource) && resource.Enabled && resource.Scopes.Contains(scope))),
    ];

    /// <summary>An algorithm that all of these APIs accept which name any; null when there is none, or none names any.</summary>
    public static string? CommonAlgorithm(IReadOnlyList<ApiResource> audience)
    {
        var constrained = Constrained(audience).ToArray();
        return constrained.Length == 0 ? null : constrained[0].AllowedAccessTokenSigningAlgorithms.FirstOrDefault(algorithm =>
            SigningAlgorithms.All.Contains(algorithm) && constrained.All(resource => resource.AllowedAccessTokenSigningAlgorithms.Contains(algorithm)));
    }

    private static bool MayHave(Client client, ResourceCatalog catalog, string scope) => client.AllowedScopes.Contains(scope)
        && (IsApiScope(catalog, scope) || (catalog.IdentityResources.TryGetValue(scope, out var identity) && identity.Enabled));

    private static bool IsApiScope(ResourceCatalog catalog, string scope) => catalog.ApiScopes.TryGetValue(scope, out var api) && api.Enabled;

    private static IEnumerable<ApiResource> Constrained(IReadOnlyList<ApiResource> audience) =>
        audience.Where(resource => resource.AllowedAccessTokenSigningAlgorithms.Count > 0);

    private static string[] DefaultResources(ResourceCatalog catalog, List<string> scopes) =>
    [
        .. catalog.ApiResources.Values
            .Where(resource => resource is { Enabled: true, RequireResourceIndicator: false } && resource.Scopes.Any(scopes.Contains))
            .Select(resource => resource.Name),
    ];

    // RFC 6749 §3.3: without the parameter, a documented default. A machine gets all its API scopes; a person's request must say.
    private static string[] DefaultScopes(Client client, ResourceCatalog catalog, bool forMachine) =>
        forMachine ? [.. client.AllowedScopes.Where(name => catalog.ApiScopes.TryGetValue(name, out var scope) && scope.Enabled)] : [];
}
