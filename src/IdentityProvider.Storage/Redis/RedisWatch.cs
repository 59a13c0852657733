using System.Threading.Channels;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Storage.Clients;
using Microsoft.Extensions.Hosting;

namespace IdentityProvider.Storage.Redis;

/// <summary>
/// Looks each second whether Redis is there, and on a message of another instance looks at once for what the polls of
/// <see cref="CatalogCache"/> and of the signing keys would find within a second.
/// </summary>
internal sealed class RedisWatch(RedisConnection redis, CatalogCache catalog, SigningKeys keys, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(1);

    /// <summary>Any number of messages of one kind is one reason to look; what does not fit in, the polls find.</summary>
    private readonly Channel<string> _changes = Channel.CreateBounded<string>(
        new BoundedChannelOptions(16) { FullMode = BoundedChannelFullMode.DropWrite });

    private bool _subscribed;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(WatchAsync(stoppingToken), ApplyAsync(stoppingToken));

    private async Task WatchAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(_interval, time);
        do
        {
            var wasReachable = redis.IsReachable && _subscribed;
            if (await redis.PingAsync() && !wasReachable)
            {
                _subscribed = _subscribed || await redis.SubscribeAsync(Changes.Channel, message => _changes.Writer.TryWrite(message));

                // Whatever was said while nobody could hear it.
                _changes.Writer.TryWrite(Changes.Catalog);
                _changes.Writer.TryWrite(Changes.SigningKeys);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task ApplyAsync(CancellationToken stoppingToken)
    {
        await foreach (var change in _changes.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                await (change switch
                {
                    Changes.Catalog => catalog.RefreshAsync(stoppingToken),
                    Changes.SigningKeys => keys.ReloadAsync(stoppingToken),
                    _ => Task.CompletedTask,
                });
            }
#pragma warning disable CA1031 // The polls meet the same failure within a second, and report it.
            catch (Exception) when (!stoppingToken.IsCancellationRequested)
#pragma warning restore CA1031
            {
            }
        }
    }
}
