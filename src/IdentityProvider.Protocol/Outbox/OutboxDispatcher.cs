using System.Collections.Frozen;
using System.Security.Cryptography;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IdentityProvider.Protocol.Outbox;

/// <summary>
/// Delivers this instance's share of the outbox. It claims no more than it can deliver at once, so that a lease only runs out when the
/// instance has died; then another one delivers. Each kind has slots of its own: an app that does not answer must not hold up a mail.
/// </summary>
internal sealed partial class OutboxDispatcher(
    IOutboxStore store,
    IEnumerable<IOutboxHandler> handlers,
    OutboxSignal signal,
    ProtocolMetrics metrics,
    TimeProvider time,
    ILogger<OutboxDispatcher> logger) : BackgroundService
{
    private const int Slots = 16;
    private const int AttemptsWhenRefused = 3;

    private static readonly TimeSpan s_poll = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_firstDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_longestDelay = TimeSpan.FromHours(1);

    private readonly FrozenDictionary<string, IOutboxHandler> _handlers = handlers.ToFrozenDictionary(handler => handler.Kind, StringComparer.Ordinal);
    private bool _inContact = true;

    /// <summary>For how long a claimed message belongs to its claimer: longer than any attempt takes.</summary>
    public static TimeSpan Lease { get; } = TimeSpan.FromMinutes(1);

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(_handlers.Keys.Select(kind => DeliverAsync(kind, stoppingToken)));

    private async Task DeliverAsync(string kind, CancellationToken stoppingToken)
    {
        var news = signal.Listen();
        var running = new HashSet<Task>();
        try
        {
            while (!stoppingToken.IsCancellationRequested)
            {
                running.RemoveWhere(delivery => delivery.IsCompleted);
                var claimed = await ClaimAsync(kind, Slots - running.Count, stoppingToken);
                running.UnionWith(claimed.Select(DeliverAsync));
                if (running.Count == Slots)
                {
                    await Task.WhenAny(running);
                }
                else
                {
                    await news.WaitAsync(s_poll, time, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is not claimed is for the other instances, or the next start.
        }
        finally
        {
            await Task.WhenAll(running);
        }
    }

    private async Task<IReadOnlyList<OutboxMessage>> ClaimAsync(string kind, int count, CancellationToken cancellationToken)
    {
        try
        {
            var claimed = await store.ClaimAsync(kind, count, Lease, cancellationToken);
            _inContact = true;
            return claimed;
        }
#pragma warning disable CA1031 // An outage of the store must not end the loop.
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
#pragma warning restore CA1031
        {
            if (_inContact)
            {
                StoreFailed(exception.Message);
            }

            _inContact = false;
            return [];
        }
    }

    private async Task DeliverAsync(OutboxMessage message)
    {
        try
        {
            var delivery = await AttemptAsync(message);
            await SettleAsync(message, delivery);
        }
#pragma warning disable CA1031 // The message is still there, and due again when its lease is over.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            StoreFailed(exception.Message);
        }
    }

    private async Task<Delivery> AttemptAsync(OutboxMessage message)
    {
        try
        {
            return await _handlers[message.Kind].DeliverAsync(message);
        }
#pragma warning disable CA1031 // One message that fails must not stop the others.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            AttemptFailed(exception, message.Kind, message.Id);
            return new Delivery(DeliveryVerdict.Failed, exception.Message);
        }
    }

    private async Task SettleAsync(OutboxMessage message, Delivery delivery)
    {
        var refused = delivery.Verdict == DeliveryVerdict.Refused;
        var again = delivery.Verdict == DeliveryVerdict.Failed || (refused && message.Refusals + 1 < AttemptsWhenRefused);
        if (again && await store.PostponeAsync(message, Delay(message.Attempt), delivery.Detail, refused))
        {
            metrics.Outbox(message.Kind, "postponed");
            Postponed(message.Kind, message.Id, message.Attempt, delivery.Verdict, delivery.Detail);
            return;
        }

        var lost = delivery.Verdict is DeliveryVerdict.Refused or DeliveryVerdict.Failed;
        if (!await (lost ? store.GiveUpAsync(message, delivery.Detail) : store.RemoveAsync(message)))
        {
            // The lease ran out, and whoever holds the message now tells how it ends.
            return;
        }

        metrics.Outbox(message.Kind, lost ? "given_up" : delivery.Verdict == DeliveryVerdict.Void ? "void" : "delivered");
        if (lost)
        {
            GivenUp(message.Kind, message.Id, message.Attempt, delivery.Verdict, delivery.Detail);
        }
        else
        {
            Settled(message.Kind, message.Id, message.Attempt, delivery.Verdict, delivery.Detail);
        }
    }

    /// <summary>Doubles with each attempt; a random part keeps those that failed together from coming back together.</summary>
    private static TimeSpan Delay(int attempt)
    {
        var whole = Math.Min(s_firstDelay.TotalSeconds * Math.Pow(2, attempt - 1), s_longestDelay.TotalSeconds);
        return TimeSpan.FromSeconds(whole * RandomNumberGenerator.GetInt32(50, 101) / 100);
    }

    [LoggerMessage(3100, LogLevel.Information, "Outbox message {Kind} {Id}, attempt {Attempt}: {Verdict}: {Detail}")]
    private partial void Settled(string kind, long id, int attempt, DeliveryVerdict verdict, string detail);

    [LoggerMessage(3101, LogLevel.Warning, "Outbox message {Kind} {Id}, attempt {Attempt}: {Verdict}, to be tried again: {Detail}")]
    private partial void Postponed(string kind, long id, int attempt, DeliveryVerdict verdict, string detail);

    [LoggerMessage(3102, LogLevel.Error, "Outbox message {Kind} {Id} given up after attempt {Attempt}: {Verdict}: {Detail}")]
    private partial void GivenUp(string kind, long id, int attempt, DeliveryVerdict verdict, string detail);

    [LoggerMessage(3103, LogLevel.Error, "Outbox message {Kind} {Id}: the attempt broke off")]
    private partial void AttemptFailed(Exception exception, string kind, long id);

    [LoggerMessage(3104, LogLevel.Warning, "The outbox could not be read or written; messages wait: {Reason}")]
    private partial void StoreFailed(string reason);
}
