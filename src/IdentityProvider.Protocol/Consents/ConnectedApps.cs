using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Interactions;
using IdentityProvider.Protocol.Scopes;

namespace IdentityProvider.Protocol.Consents;

/// <summary>A client with access to an account, as its person sees it.</summary>
/// <param name="App">What it holds.</param>
/// <param name="Name">Its name, or its id.</param>
/// <param name="Scopes">What it may do, as the consent page would say it.</param>
public sealed record ConnectedAppView(ConnectedApp App, string Name, IReadOnlyList<ConsentScope> Scopes)
{
    /// <summary>Its home page.</summary>
    public string? Uri { get; init; }

    /// <summary>Its logo.</summary>
    public string? LogoUri { get; init; }
}

/// <summary>The clients that have access to an account.</summary>
public sealed class ConnectedApps(IConnectedAppStore store, IClientSource clients, IResourceSource resources)
{
    /// <summary>All of a person's, the one used last first.</summary>
    public async Task<IReadOnlyList<ConnectedAppView>> ListAsync(Guid subjectId, CancellationToken cancellationToken) =>
        await DescribeAsync(await store.ListAsync(subjectId, cancellationToken), cancellationToken);

    /// <summary>Those that have been given tokens for this person since then, the latest first, though they may be of no use by now.</summary>
    public async Task<IReadOnlyList<ConnectedAppView>> ListSinceAsync(Guid subjectId, DateTimeOffset since, CancellationToken cancellationToken) =>
        await DescribeAsync(await store.ListSinceAsync(subjectId, since, cancellationToken), cancellationToken);

    private async Task<IReadOnlyList<ConnectedAppView>> DescribeAsync(IReadOnlyList<ConnectedApp> apps, CancellationToken cancellationToken)
    {
        var catalog = await resources.GetAsync(cancellationToken);
        var views = new List<ConnectedAppView>();
        foreach (var app in apps)
        {
            var client = await clients.FindAsync(app.ClientId, cancellationToken);
            views.Add(new ConnectedAppView(app, client?.ClientName ?? app.ClientId, [.. app.Scopes.Select(scope => Describe(scope, catalog))])
            {
                Uri = client?.ClientUri,
                LogoUri = client?.LogoUri,
            });
        }

        return views;
    }

    /// <summary>The name of each client, or its id.</summary>
    public async Task<IReadOnlyDictionary<string, string>> NamesAsync(IEnumerable<string?> clientIds, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(clientIds);
        var names = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var id in clientIds.OfType<string>().Distinct(StringComparer.Ordinal))
        {
            names[id] = (await clients.FindAsync(id, cancellationToken))?.ClientName ?? id;
        }

        return names;
    }

    private static ConsentScope Describe(string name, ResourceCatalog catalog)
    {
        catalog.IdentityResources.TryGetValue(name, out var identity);
        catalog.ApiScopes.TryGetValue(name, out var api);
        return new ConsentScope
        {
            Name = name,
            DisplayName = identity?.DisplayName ?? api?.DisplayName,
            Description = identity?.Description ?? api?.Description,
        };
    }
}
