using System.Collections.Frozen;

namespace IdentityProvider.Protocol.Scopes;

/// <summary>Everything that can be asked for, as one consistent and immutable set.</summary>
/// <param name="IdentityResources">By name.</param>
/// <param name="ApiScopes">By name.</param>
/// <param name="ApiResources">By name.</param>
public sealed record ResourceCatalog(
    FrozenDictionary<string, IdentityResource> IdentityResources,
    FrozenDictionary<string, ApiScope> ApiScopes,
    FrozenDictionary<string, ApiResource> ApiResources)
{
    /// <summary>Nothing.</summary>
    public static ResourceCatalog Empty { get; } = new(
        FrozenDictionary<string, IdentityResource>.Empty,
        FrozenDictionary<string, ApiScope>.Empty,
        FrozenDictionary<string, ApiResource>.Empty);
}

/// <summary>Where scopes and resources come from.</summary>
public interface IResourceSource
{
    /// <summary>The current set. The same instance is returned until something changes, so that it can key a cache.</summary>
    ValueTask<ResourceCatalog> GetAsync(CancellationToken cancellationToken);

    /// <summary>
    /// The set as last heard of, which during an outage may be out of date: for what is only published. Whatever decides uses
    /// <see cref="GetAsync"/>.
    /// </summary>
    ValueTask<ResourceCatalog> GetLastKnownAsync(CancellationToken cancellationToken);
}
