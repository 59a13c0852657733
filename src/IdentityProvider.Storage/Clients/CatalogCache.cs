using System.Collections.Frozen;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Scopes;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IdentityProvider.Storage.Clients;

/// <summary>
/// The catalog in memory. It polls the version each second; after ten seconds without contact it is not believed any more, and a read
/// goes to the database, so that an outage surfaces as one.
/// </summary>
internal sealed partial class CatalogCache(CatalogReader reader, TimeProvider time, ILogger<CatalogCache> logger)
    : BackgroundService, IClientSource, IResourceSource
{
    private static readonly TimeSpan _pollInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _longestSilence = TimeSpan.FromSeconds(10);

    private readonly Lock _starting = new();
    private Task<Snapshot>? _load;
    private volatile Snapshot? _snapshot;
    private long _confirmedAt;

    public async ValueTask<Client?> FindAsync(string clientId, CancellationToken cancellationToken) =>
        (await CurrentAsync(cancellationToken)).Clients.GetValueOrDefault(clientId);

    public async ValueTask<bool> AllowsOriginAsync(string origin, CancellationToken cancellationToken) =>
        (_snapshot ?? await LoadAsync(cancellationToken)).Origins.Contains(origin);

    public async ValueTask<ResourceCatalog> GetAsync(CancellationToken cancellationToken) =>
        (await CurrentAsync(cancellationToken)).Resources;

    public async ValueTask<ResourceCatalog> GetLastKnownAsync(CancellationToken cancellationToken) =>
        (_snapshot ?? await LoadAsync(cancellationToken)).Resources;

    /// <summary>Asks the database for news, and loads them.</summary>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        // A load that runs already may have asked before the change that the caller knows of.
        Task<Snapshot>? running;
        lock (_starting)
        {
            running = _load;
        }

        if (running is { IsCompleted: false })
        {
            await ((Task)running).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
        }

        await LoadAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_pollInterval, time);
        var inContact = true;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await RefreshAsync(stoppingToken);
                inContact = true;
            }
            catch (Exception exception) when (exception is not OperationCanceledException || !stoppingToken.IsCancellationRequested)
            {
                if (inContact && StorageOutage.IsOutage(exception))
                {
                    LogContactLost(logger, exception);
                }
                else if (inContact)
                {
                    LogFailed(logger, exception);
                }

                inContact = false;
            }
        }
    }

    private ValueTask<Snapshot> CurrentAsync(CancellationToken cancellationToken) =>
        _snapshot is { } snapshot && IsConfirmed ? ValueTask.FromResult(snapshot) : LoadAsync(cancellationToken);

    private bool IsConfirmed => time.GetElapsedTime(Volatile.Read(ref _confirmedAt)) < _longestSilence;

    /// <summary>One load at a time, and whoever waits for it shares what comes of it: in an outage nobody waits for the attempts of others.</summary>
    private async ValueTask<Snapshot> LoadAsync(CancellationToken cancellationToken)
    {
        Task<Snapshot> load;
        lock (_starting)
        {
            if (_load is null or { IsCompleted: true })
            {
                _load = Task.Run(LoadIfChangedAsync, CancellationToken.None);
            }

            load = _load;
        }

        return await load.WaitAsync(cancellationToken);
    }

    /// <summary>One bad row, written by hand or by a later version, must not take all clients away.</summary>
    private void Unreadable(InvalidOperationException problem) => LogUnreadable(logger, problem.Message);

    /// <summary>The version is read before the contents: contents newer than their version are only loaded twice, never missed.</summary>
    private async Task<Snapshot> LoadIfChangedAsync()
    {
        var asked = time.GetTimestamp();
        var version = await reader.ReadVersionAsync(CancellationToken.None);
        if (_snapshot is not { } snapshot || snapshot.Version != version)
        {
            _snapshot = snapshot = Snapshot.Of(version, await reader.ReadAsync(Unreadable, CancellationToken.None));
        }

        Volatile.Write(ref _confirmedAt, asked);
        return snapshot;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The database does not answer; clients and resources in memory are used for ten seconds more")]
    private static partial void LogContactLost(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "Clients and resources could not be loaded; those in memory are used for ten seconds more")]
    private static partial void LogFailed(ILogger logger, Exception exception);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Problem} It is left out, as if it did not exist, until it is written anew")]
    private static partial void LogUnreadable(ILogger logger, string problem);

    private sealed record Snapshot(
        long Version, FrozenDictionary<string, Client> Clients, FrozenSet<string> Origins, ResourceCatalog Resources)
    {
        public static Snapshot Of(long version, CatalogContents contents) => new(
            version,
            contents.Clients.ToFrozenDictionary(client => client.ClientId, StringComparer.Ordinal),
            contents.Clients.Where(client => client.Enabled).SelectMany(client => client.AllowedCorsOrigins).ToFrozenSet(StringComparer.Ordinal),
            new ResourceCatalog(
                contents.IdentityResources.ToFrozenDictionary(resource => resource.Name, StringComparer.Ordinal),
                contents.ApiScopes.ToFrozenDictionary(scope => scope.Name, StringComparer.Ordinal),
                contents.ApiResources.ToFrozenDictionary(resource => resource.Name, StringComparer.Ordinal)));
    }
}
