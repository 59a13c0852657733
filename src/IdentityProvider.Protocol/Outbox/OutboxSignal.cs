using System.Collections.Concurrent;
using System.Threading.Channels;

namespace IdentityProvider.Protocol.Outbox;

/// <summary>Wakes this instance's dispatcher when a message was written here. Losing a signal costs a poll interval, no more.</summary>
public sealed class OutboxSignal
{
    private readonly ConcurrentQueue<ChannelWriter<bool>> _listeners = new();

    /// <summary>There may be something to deliver.</summary>
    public void Set()
    {
        foreach (var listener in _listeners)
        {
            listener.TryWrite(true);
        }
    }

    /// <summary>For who looks at the outbox from now on: what is set meanwhile is not missed.</summary>
    internal Listener Listen()
    {
        var pending = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
        _listeners.Enqueue(pending.Writer);
        return new Listener(pending.Reader);
    }

    internal sealed class Listener(ChannelReader<bool> pending)
    {
        public async Task WaitAsync(TimeSpan longest, TimeProvider time, CancellationToken cancellationToken)
        {
            using var limit = new CancellationTokenSource(longest, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
            try
            {
                await pending.ReadAsync(either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                // Time to look without being asked.
            }
        }
    }
}
