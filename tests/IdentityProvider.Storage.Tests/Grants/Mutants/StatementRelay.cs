using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace IdentityProvider.Storage.Tests.Grants.Mutants;

/// <summary>
/// Stands between a client and PostgreSQL, knows the statements that are prepared (Parse of the frontend/backend protocol), and sends
/// another one on instead of one of them.
/// </summary>
internal sealed class StatementRelay : IAsyncDisposable
{
    private const int LengthSize = sizeof(int);
    private const byte Parse = (byte)'P';

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly string _host;
    private readonly int _port;
    private readonly Task _accepting;
    private readonly ConcurrentDictionary<string, bool> _seen = new();

    public StatementRelay(string host, int port)
    {
        _host = host;
        _port = port;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public ICollection<string> Seen => _seen.Keys;

    /// <summary>Prepared from now on with another text.</summary>
    public Mutant? Mutant { get; set; }

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
            await await Task.WhenAny(SendAsync(client.GetStream(), server.GetStream()), server.GetStream().CopyToAsync(client.GetStream(), _stop.Token));
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

    /// <summary>The start-up message is the one without a type.</summary>
    private async Task SendAsync(NetworkStream client, NetworkStream server)
    {
        for (var head = LengthSize; ; head = 1 + LengthSize)
        {
            var message = new byte[head];
            await client.ReadExactlyAsync(message, _stop.Token);
            var length = BinaryPrimitives.ReadInt32BigEndian(message.AsSpan(head - LengthSize));
            Array.Resize(ref message, head - LengthSize + length);
            await client.ReadExactlyAsync(message.AsMemory(head), _stop.Token);
            await server.WriteAsync(head > LengthSize && message[0] == Parse ? Rewrite(message) : message, _stop.Token);
        }
    }

    /// <summary>Two texts, each with a NUL at its end, the name and the statement; then the types of the parameters.</summary>
    private byte[] Rewrite(byte[] message)
    {
        var start = Array.IndexOf(message, (byte)0, 1 + LengthSize) + 1;
        var end = Array.IndexOf(message, (byte)0, start);
        var statement = Encoding.UTF8.GetString(message, start, end - start);
        _seen.TryAdd(statement, true);
        if (statement != Mutant?.Original)
        {
            return message;
        }

        byte[] changed = [.. message.AsSpan(0, start), .. Encoding.UTF8.GetBytes(Mutant.Text), .. message.AsSpan(end)];
        BinaryPrimitives.WriteInt32BigEndian(changed.AsSpan(1), changed.Length - 1);
        return changed;
    }
}
