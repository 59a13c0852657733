using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IdentityProvider.Protocol.Events;

/// <summary>
/// Where events are reported. Each is logged at once and handed to the sinks in the background, so that no request waits for them; the
/// queue is bounded, so that no flood of them takes the memory. What must not be lost is stored with the change that it explains.
/// </summary>
public sealed partial class SecurityEvents(IEnumerable<IEventSink> sinks, ProtocolMetrics metrics, ILogger<SecurityEvents> logger) : BackgroundService
{
    private const int Capacity = 4096;
    private const int BatchSize = 256;

    private readonly IReadOnlyList<IEventSink> _sinks = [.. sinks];

    private readonly Channel<SecurityEvent> _queue =
        Channel.CreateBounded<SecurityEvent>(new BoundedChannelOptions(Capacity) { SingleReader = true });

    /// <summary>Reports an event; never waits.</summary>
    public void Report(SecurityEvent securityEvent)
    {
        ArgumentNullException.ThrowIfNull(securityEvent);
        Log(securityEvent);
        metrics.SecurityEvent(securityEvent.Type, queued: _queue.Writer.TryWrite(securityEvent));
    }

    /// <summary>The requests are over by now; what they have reported is written yet.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        await base.StopAsync(cancellationToken);

        // A stop right after the start may come before the loop has begun, which it then never does.
        while (!cancellationToken.IsCancellationRequested && _queue.Reader.TryPeek(out _))
        {
            await WriteBatchAsync();
        }
    }

    /// <summary>Ends when the queue is closed and empty, not in the middle of a batch.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (await _queue.Reader.WaitToReadAsync(CancellationToken.None))
        {
            await WriteBatchAsync();
        }
    }

    private async Task WriteBatchAsync()
    {
        var batch = new List<SecurityEvent>();
        while (batch.Count < BatchSize && _queue.Reader.TryRead(out var next))
        {
            batch.Add(next);
        }

        foreach (var sink in _sinks)
        {
            try
            {
                await sink.WriteAsync(batch, CancellationToken.None);
            }
#pragma warning disable CA1031 // One sink that fails must stop neither the others nor the loop.
            catch (Exception exception)
#pragma warning restore CA1031
            {
                SinkFailed(exception, sink.GetType().Name, batch.Count);
            }
        }
    }

    private void Log(SecurityEvent it) => Reported(
        it.Alarming ? LogLevel.Warning : LogLevel.Information, it.Type, it.SubjectId, it.ClientId, it.SessionId, it.GrantId, it.Network, it.UserAgent, it.Detail);

    [LoggerMessage(
        EventId = 3200,
        Message = "Security event {EventType}: subject {SubjectId}, client {ClientId}, session {SessionId}, grant {GrantId}, from {Network} with {UserAgent}: {Detail}")]
    private partial void Reported(
        LogLevel level, string eventType, Guid? subjectId, string? clientId, Guid? sessionId, Guid? grantId, string? network, string? userAgent, string? detail);

    [LoggerMessage(3201, LogLevel.Error, "{Sink} did not take {Count} security events; the log has each of them")]
    private partial void SinkFailed(Exception exception, string sink, int count);
}
