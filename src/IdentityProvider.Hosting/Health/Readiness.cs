using IdentityProvider.Hosting.Configuration;
using Microsoft.Extensions.Hosting;

namespace IdentityProvider.Hosting.Health;

/// <summary>
/// Fails readiness first when the server is told to stop, and keeps serving for the configured delay: a load balancer needs that time
/// to notice, and Kestrel refuses connections only afterwards.
/// </summary>
internal sealed class Readiness(ServerSettings settings, TimeProvider time) : IHostedLifecycleService
{
    private volatile bool _stopping;

    public bool Stopping => _stopping;

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        // A host that is stopped twice waits once.
        var first = !_stopping;
        _stopping = true;
        return first && settings.Shutdown.Delay > TimeSpan.Zero ? Task.Delay(settings.Shutdown.Delay, time, cancellationToken) : Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
