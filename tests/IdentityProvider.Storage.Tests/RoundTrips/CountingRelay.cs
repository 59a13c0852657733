using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace IdentityProvider.Storage.Tests.RoundTrips;

/// <summary>
/// Stands between a client and PostgreSQL and counts round trips: a message after which the client waits (Sync or Query of the
/// frontend/backend protocol, COMMIT and ROLLBACK among them) counts one, unless it is sent before anything came back for the last one.
/// What a client prepends to its next statement in the same write is therefore no round trip of its own, as it costs none.
/// </summary>
internal sealed class CountingRelay : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly string _host;
    private readonly int _port;
    private readonly Task _accepting;
    private int _roundTrips;
    private int _repliesUntilDrop;

    public CountingRelay(string host, int port)
    {
        _host = host;
        _port = port;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Round trips so far, over all connections; those that set up a connection are not among them.</summary>
    public int RoundTrips => Volatile.Read(ref _roundTrips);

    /// <summary>Is shown all that the server sends, in the pieces in which it arrives.</summary>
    public Action<ReadOnlyMemory<byte>>? Overhear { get; set; }

    /// <summary>Of the replies from now on, the one of this number is dropped with its connection: the server has done its work by then.</summary>
    public void DropReply(int number) => Volatile.Write(ref _repliesUntilDrop, number);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(RelayAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task RelayAsync(TcpClient client)
    {
        using var server = new TcpClient { NoDelay = true };
        client.NoDelay = true;
        try
        {
            await server.ConnectAsync(_host, _port, _stop.Token);
            var conversation = new Conversation();
            var ended = await Task.WhenAny(
                CopyAsync(client, server, sent => Interlocked.Add(ref _roundTrips, conversation.Sent(sent.Span))),
                CopyAsync(server, client, received =>
                {
                    Overhear?.Invoke(received);
                    if (conversation.Answered() && Volatile.Read(ref _repliesUntilDrop) > 0 && Interlocked.Decrement(ref _repliesUntilDrop) == 0)
                    {
                        throw new IOException("The test drops this reply.");
                    }
                }));
            await ended;
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or SocketException)
        {
            // Either side has closed, or the test is over.
        }
        finally
        {
            client.Dispose();
        }
    }

    /// <summary>What is seen is counted before it goes on, so that a reply can never overtake its question.</summary>
    private async Task CopyAsync(TcpClient from, TcpClient to, Action<ReadOnlyMemory<byte>> see)
    {
        var buffer = new byte[64 * 1024];
        int length;
        while ((length = await from.GetStream().ReadAsync(buffer, _stop.Token)) > 0)
        {
            see(buffer.AsMemory(0, length));
            await to.GetStream().WriteAsync(buffer.AsMemory(0, length), _stop.Token);
        }
    }

    /// <summary>Follows the messages of one connection, wherever the network cuts them.</summary>
    private sealed class Conversation
    {
        private const int LengthSize = sizeof(int);
        private const int StartupVersion = 196608;
        private const byte Sync = (byte)'S';
        private const byte Query = (byte)'Q';

        private readonly byte[] _head = new byte[1 + (2 * LengthSize)];
        private int _headLength;
        private int _rest;
        private bool _started;
        private volatile bool _answered = true;

        /// <returns>Whether this is the beginning of a reply.</returns>
        public bool Answered()
        {
            var begins = !_answered;
            _answered = true;
            return begins;
        }

        /// <returns>How many round trips begin with these bytes.</returns>
        public int Sent(ReadOnlySpan<byte> bytes)
        {
            var roundTrips = 0;
            while (bytes.Length > 0)
            {
                if (_rest > 0)
                {
                    var skipped = Math.Min(_rest, bytes.Length);
                    _rest -= skipped;
                    bytes = bytes[skipped..];
                    continue;
                }

                _head[_headLength++] = bytes[0];
                bytes = bytes[1..];

                // Before the start-up message is through, messages have a length and a code, but no type.
                if (!_started && _headLength == 2 * LengthSize)
                {
                    _started = BinaryPrimitives.ReadInt32BigEndian(_head.AsSpan(LengthSize)) == StartupVersion;
                    _rest = BinaryPrimitives.ReadInt32BigEndian(_head) - (2 * LengthSize);
                    _headLength = 0;
                }
                else if (_started && _headLength == 1 + LengthSize)
                {
                    if (_head[0] is Sync or Query && _answered)
                    {
                        _answered = false;
                        roundTrips++;
                    }

                    _rest = BinaryPrimitives.ReadInt32BigEndian(_head.AsSpan(1)) - LengthSize;
                    _headLength = 0;
                }
            }

            return roundTrips;
        }
    }
}
