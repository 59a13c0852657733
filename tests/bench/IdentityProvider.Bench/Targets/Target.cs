using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using IdentityProvider.Bench.Load;
using IdentityProvider.Bench.Cpu;

namespace IdentityProvider.Bench.Targets;

/// <summary>A provider under load: its process, its database if it has one, and the endpoints that its metadata names.</summary>
internal sealed class Target : IAsyncDisposable
{
    private static readonly TimeSpan s_startLimit = TimeSpan.FromSeconds(60);

    private readonly ServerProcess _process;
    private readonly ThrowawayPostgres? _postgres;
    private readonly string _scratch;

    private Target(string name, ServerProcess process, ThrowawayPostgres? postgres, string scratch, JsonElement metadata, Uri address)
    {
        _process = process;
        _postgres = postgres;
        _scratch = scratch;
        Name = name;
        Clock = new CpuClock(process.Id, postgres?.Postmaster);
        Metadata = new Uri(address, "/.well-known/openid-configuration");
        Uri Endpoint(string member) => new(metadata.GetProperty(member).GetString()!);
        Keys = Endpoint("jwks_uri");
        Authorization = Endpoint("authorization_endpoint");
        Token = Endpoint("token_endpoint");
        Introspection = Endpoint("introspection_endpoint");
        UserInfo = Endpoint("userinfo_endpoint");
    }

    public string Name { get; }

    public CpuClock Clock { get; }

    public Uri Metadata { get; }

    public Uri Keys { get; }

    public Uri Authorization { get; }

    public Uri Token { get; }

    public Uri Introspection { get; }

    public Uri UserInfo { get; }

    /// <summary>Starts a target and waits until it serves its metadata.</summary>
    public static async Task<Target> StartAsync(
        string name, ThrowawayPostgres? postgres, string scratch, int port, Func<string, ServerProcess> start)
    {
        var log = Path.Combine(scratch, "server.log");
        var process = start(log);
        try
        {
            var address = new Uri($"http://127.0.0.1:{port}");
            var metadata = await WaitForMetadataAsync(address, process, log);
            return new Target(name, process, postgres, scratch, metadata, address);
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    /// <summary>A port that was free a moment ago.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    public async ValueTask DisposeAsync()
    {
        await _process.DisposeAsync();
        if (_postgres is not null)
        {
            await _postgres.DisposeAsync();
        }

        Directory.Delete(_scratch, recursive: true);
    }

    private static async Task<JsonElement> WaitForMetadataAsync(Uri address, ServerProcess process, string log)
    {
        using var http = new Http(connections: 1);
        using var limit = new CancellationTokenSource(s_startLimit);
        while (true)
        {
            try
            {
                var reply = await http.GetAsync(new Uri(address, "/.well-known/openid-configuration"));
                using var document = JsonDocument.Parse(reply.Expect(HttpStatusCode.OK, "discovery").Body);
                return document.RootElement.Clone();
            }
            catch (HttpRequestException) when (!process.HasExited && !limit.IsCancellationRequested)
            {
                await Task.Delay(100);
            }
            catch (HttpRequestException)
            {
                throw new InvalidOperationException($"The server did not start. Its log ends with:\n{string.Join('\n', File.ReadLines(log).TakeLast(20))}");
            }
        }
    }
}
