using System.Globalization;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Storage;
using IdentityProvider.Storage.Redis;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace IdentityProvider.Hosting.Health;

/// <summary>Not ready while the server is stopping.</summary>
internal sealed class ShutdownCheck(Readiness readiness) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(readiness.Stopping ? HealthCheckResult.Unhealthy("The server is stopping.") : HealthCheckResult.Healthy());
}

/// <summary>The database answers and has this version's schema, and its clock is ours: else the service is degraded, since both are written into tokens.</summary>
internal sealed class DatabaseCheck(DatabaseProbe probe) : IHealthCheck
{
    /// <summary>APIs as the documentation has them forgive thirty seconds.</summary>
    private static readonly TimeSpan _largestSkew = TimeSpan.FromSeconds(10);

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var health = await probe.CheckAsync(cancellationToken);
        return !health.Healthy ? HealthCheckResult.Unhealthy(health.Reason)
            : health.Skew is { } skew && skew.Duration() > _largestSkew
                ? HealthCheckResult.Degraded(string.Create(
                    CultureInfo.InvariantCulture, $"This machine's clock is {skew.Duration().TotalSeconds:F0} s {(skew > TimeSpan.Zero ? "ahead of" : "behind")} the database's. Synchronise both (NTP)."))
                : HealthCheckResult.Healthy();
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
            var pending = (await migrator.StateAsync(cancellationToken)).Pending;
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

/// <summary>Redis answers. Its loss degrades the service and never makes it unready.</summary>
internal sealed class RedisCheck(RedisConnection redis) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(redis.IsReachable ? HealthCheckResult.Healthy() : HealthCheckResult.Degraded("Redis cannot be reached."));
}
