using IdentityProvider.Protocol.Scopes;

namespace IdentityProvider.Protocol.Clients;

/// <summary>Clients and resources as configured.</summary>
public sealed record CatalogContents
{
    /// <summary>Clients.</summary>
    public IReadOnlyList<Client> Clients { get; init; } = [];

    /// <summary>Scopes of APIs.</summary>
    public IReadOnlyList<ApiScope> ApiScopes { get; init; } = [];

    /// <summary>APIs.</summary>
    public IReadOnlyList<ApiResource> ApiResources { get; init; } = [];

    /// <summary>Scopes of OpenID Connect.</summary>
    public IReadOnlyList<IdentityResource> IdentityResources { get; init; } = [];
}

/// <summary>Names of what is to be removed.</summary>
public sealed record CatalogRemovals
{
    /// <summary>Client ids.</summary>
    public IReadOnlyList<string> Clients { get; init; } = [];

    /// <summary>Names of API scopes.</summary>
    public IReadOnlyList<string> ApiScopes { get; init; } = [];

    /// <summary>Names of API resources.</summary>
    public IReadOnlyList<string> ApiResources { get; init; } = [];

    /// <summary>Names of identity resources.</summary>
    public IReadOnlyList<string> IdentityResources { get; init; } = [];
}

/// <summary>The stored clients and resources, for seeding and operators. Requests are served from memory instead.</summary>
public interface ICatalogStore
{
    /// <summary>Everything stored.</summary>
    /// <exception cref="InvalidOperationException">A row cannot be read; it is named.</exception>
    Task<CatalogContents> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Everything stored that can be read: what cannot is missing, and written anew when it is applied.</summary>
    Task<CatalogContents> LoadReadableAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Writes all of it in one transaction, and lets every instance see it within some seconds. Disabling or removing a client makes
    /// its grants dead at once.
    /// </summary>
    Task ApplyAsync(CatalogContents upserts, CatalogRemovals removals, CancellationToken cancellationToken);
}
