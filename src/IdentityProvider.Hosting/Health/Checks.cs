using System.Net.Sockets;
using IdentityProvider.Hosting.Configuration;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Storage;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace IdentityProvider.Hosting.Health;

/// <summary>Not ready while the server is stopping.</summary>
internal sealed class ShutdownCheck(Readiness readiness) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(readiness.Stopping ? HealthCheckResult.Unhealthy("The server is stopping.") : HealthCheckResult.Healthy());
}

/// <summary>The database answers and has this version's schema.</summary>
internal sealed class DatabaseCheck(DatabaseProbe probe) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var health = await probe.CheckAsync(cancellationToken);
        return health.Healthy ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy(health.Reason);
    }
}

/// <summary>No migration is missing. Asked until the answer is yes: nothing un-applies a migration while we run.</summary>
internal sealed class MigrationsCheck(DatabaseMigrator migrator) : IHealthCheck
{
    private volatile bool _upToDate;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        if (_upToDate)
        {
            return HealthCheckResult.Healthy();
        }

        try
        {
            var pending = await migrator.PendingAsync(cancellationToken);
            _upToDate = pending.Count == 0;
            return _upToDate ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy($"{pending.Count} migrations are pending: run `idp migrate`.");
        }
        catch (Exception error) when (StorageOutage.IsOutage(error))
        {
            return HealthCheckResult.Unhealthy("The database cannot be reached.");
        }
    }
}

/// <summary>There is a key to sign with for each algorithm.</summary>
internal sealed class SigningKeysCheck(SigningKeys keys) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(keys.Ready ? HealthCheckResult.Healthy() : HealthCheckResult.Unhealthy("There is no usable signing key."));
}

/// <summary>Redis accepts connections. Its loss degrades the service and never makes it unready.</summary>
internal sealed class RedisCheck(ServerSettings settings, TimeProvider time) : IHealthCheck
{
    private const int DefaultPort = 6379;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var parts = settings.RedisConnection!.Split(',')[0].Split(':');
        using var limit = new CancellationTokenSource(Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(parts[0], parts.Length > 1 && int.TryParse(parts[1], out var port) ? port : DefaultPort, either.Token);
            return HealthCheckResult.Healthy();
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return HealthCheckResult.Degraded("Redis cannot be reached.");
        }
    }
}
