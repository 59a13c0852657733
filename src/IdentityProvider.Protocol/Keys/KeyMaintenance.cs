using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IdentityProvider.Protocol.Keys;

/// <summary>Loads the keys before the server listens, follows changes of others, and makes the next keys in time.</summary>
internal sealed partial class KeyMaintenance(SigningKeys keys, TimeProvider time, ILogger<KeyMaintenance> logger) : BackgroundService
{
    /// <summary>1 s: a key that was retired is refused everywhere within two.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await keys.MaintainAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        var failing = false;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await keys.MaintainAsync(stoppingToken);
                if (failing)
                {
                    MaintenanceGoesOn();
                }

                failing = false;
            }
#pragma warning disable CA1031 // An outage of the store must not end the loop: the loaded keys stay good for a long time.
            catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
            {
                if (!failing)
                {
                    MaintenanceFailed(exception);
                }

                failing = true;
            }
        }
    }

    [LoggerMessage(2002, LogLevel.Error, "The signing keys could not be maintained; the loaded ones stay in use, and each second brings another attempt")]
    private partial void MaintenanceFailed(Exception exception);

    [LoggerMessage(2003, LogLevel.Information, "The signing keys are maintained again")]
    private partial void MaintenanceGoesOn();
}
