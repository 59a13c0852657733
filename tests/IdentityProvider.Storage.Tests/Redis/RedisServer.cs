using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using IdentityProvider.Storage.Tests.SystemTests;

namespace IdentityProvider.Storage.Tests.Redis;

/// <summary>A Redis of the test's own, which it can stop, freeze and empty. It starts in milliseconds and keeps nothing on disk.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly int _port;
    private Process? _process;

    private RedisServer(int port) => _port = port;

    public string ConnectionString => $"127.0.0.1:{_port}";

    public static async Task<RedisServer> StartAsync()
    {
        var server = new RedisServer(FreePort());
        await server.ResumeAsync();
        return server;
    }

    /// <summary>Below the ports that the system hands out by itself: a server that stops must find its port free when it resumes.</summary>
    private static int FreePort()
    {
        while (true)
        {
            var port = RandomNumberGenerator.GetInt32(20_000, 32_000);
            using var listener = new TcpListener(IPAddress.Loopback, port);
            try
            {
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Taken: the next one.
            }
        }
    }

    /// <summary>Where nobody listens.</summary>
    public static string Nowhere => "127.0.0.1:1";

    /// <summary>As a crash would. What it held is lost.</summary>
    public async Task StopAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>Starts it, again and empty, on the same port.</summary>
    public async Task ResumeAsync()
    {
        _process = Process.Start(new ProcessStartInfo(
            "redis-server", ["--port", $"{_port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--daemonize", "no"])
        {
            RedirectStandardOutput = true,
        })!;
        _process.OutputDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        await Eventually.BecomesAsync(() => AnswersAsync("PING", "+PONG"), it => it, "Redis answers");
    }

    public Task FreezeAsync() => _process!.FreezeAsync();

    public Task ThawAsync() => _process!.ThawAsync();

    public async Task FlushAsync() => await Eventually.BecomesAsync(() => AnswersAsync("FLUSHALL", "+OK"), it => it, "Redis is empty");

    public async Task RequireAsync(string password) =>
        await Eventually.BecomesAsync(() => AnswersAsync($"CONFIG SET requirepass {password}", "+OK"), it => it, "Redis wants a password");

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            await StopAsync();
        }
    }

    private async Task<bool> AnswersAsync(string command, string expected)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, _port);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(command + "\r\n"));
            using var reader = new StreamReader(client.GetStream());
            return await reader.ReadLineAsync() == expected;
        }
        catch (Exception exception) when (exception is SocketException or IOException)
        {
            return false;
        }
    }
}
