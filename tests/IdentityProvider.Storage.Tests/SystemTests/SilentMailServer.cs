using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace IdentityProvider.Storage.Tests.SystemTests;

/// <summary>A mail server on loopback that takes each mail whole, and says so only from <see cref="Answer"/> on (RFC 5321).</summary>
internal sealed class SilentMailServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Channel<string> _mails = Channel.CreateUnbounded<string>();
    private readonly Task _running;
    private volatile bool _answers;

    public SilentMailServer()
    {
        _listener.Start();
        _running = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>No mail waits here to be read.</summary>
    public bool IsEmpty => _mails.Reader.Count == 0;

    /// <summary>From now on it says that it has taken what it takes.</summary>
    public void Answer() => _answers = true;

    /// <summary>The next mail, once all of it is here.</summary>
    public Task<string> NextAsync() => _mails.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(60));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _running;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var calls = new List<Task>();
        try
        {
            while (true)
            {
                calls.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(calls);
        }
    }

    private async Task ServeAsync(TcpClient caller)
    {
        using var client = caller;
        try
        {
            var stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.UTF8);
            await SayAsync(stream, "220 mail.test");
            while (await reader.ReadLineAsync(_stop.Token) is { } line)
            {
                if (line == "DATA")
                {
                    await SayAsync(stream, "354 go on");
                    _mails.Writer.TryWrite(await ReadMailAsync(reader));
                    if (!_answers)
                    {
                        continue;
                    }
                }

                await SayAsync(stream, line == "QUIT" ? "221 bye" : "250 so be it");
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // The caller has died, or the test is over.
        }
    }

    private async Task<string> ReadMailAsync(StreamReader reader)
    {
        var mail = new StringBuilder();
        while (await reader.ReadLineAsync(_stop.Token) is { } line and not ".")
        {
            mail.AppendLine(line);
        }

        return mail.ToString();
    }

    private async Task SayAsync(NetworkStream stream, string line) => await stream.WriteAsync(Encoding.ASCII.GetBytes(line + "\r\n"), _stop.Token);
}
