using System.Net;
using System.Security.Cryptography;
using IdentityProvider.Bench.Load;
using IdentityProvider.Bench.Cpu;
using IdentityProvider.Bench.Targets;

namespace IdentityProvider.Bench.Primitives;

/// <summary>
/// Measures the primitives as the scenarios are measured: the endpoints in a process of their own, the rest in this one, which does
/// nothing else meanwhile.
/// </summary>
internal sealed class PrimitiveMeasurement(TimeSpan warmUp, TimeSpan duration, int concurrency, int rows, CancellationToken cancellationToken)
{
    private static readonly byte[] s_message = new byte[600];

    public async Task<PrimitiveCosts> RunAsync()
    {
        await using var postgres = await ThrowawayPostgres.StartAsync();
        await RowTable.CreateAsync(postgres, rows);
        using var rsa = RSA.Create(2048);
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var rsaSignature = rsa.SignData(s_message, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var ecSignature = ecdsa.SignData(s_message, HashAlgorithmName.SHA256);
        var endpoints = await MeasureEndpointsAsync(postgres);
        var (query, update) = await MeasureStatementsAsync(postgres);
        return new PrimitiveCosts
        {
            JsonGet = endpoints[0].Total,
            FormPost = endpoints[1].Total,
            FormAndQuery = endpoints[2],
            FormAndUpdate = endpoints[3],
            PointQuery = query,
            Update = update,
            SignRs256 = await MeasureAsync(() => rsa.SignData(s_message, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)),
            SignEs256 = await MeasureAsync(() => ecdsa.SignData(s_message, HashAlgorithmName.SHA256)),
            VerifyRs256 = await MeasureAsync(() => rsa.VerifyData(s_message, rsaSignature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)),
            VerifyEs256 = await MeasureAsync(() => ecdsa.VerifyData(s_message, ecSignature, HashAlgorithmName.SHA256)),
        };
    }

    private async Task<CpuPerOperation[]> MeasureEndpointsAsync(ThrowawayPostgres postgres)
    {
        var port = Target.FreePort();
        await using var server = ServerProcess.Start(
            "/dev/null", new Dictionary<string, string>(), Repository.Root, Environment.ProcessPath!,
            "baseline-server", "--port", $"{port}", "--database", postgres.ConnectionString);
        using var http = new Http(concurrency);
        var address = new Uri($"http://127.0.0.1:{port}");
        await WaitForAsync(http, new Uri(address, BaselineServer.GetPath), server);

        var clock = new CpuClock(server.Id, postgres.Postmaster);
        KeyValuePair<string, string>[] form = [new("grant_type", "client_credentials"), new("scope", "bench.es256"), new("resource", "urn:bench:es256")];
        Task<CpuPerOperation> PostAsync(string path) =>
            RunAsync(clock, async () => (await http.PostAsync(new Uri(address, path), form, Cast.Machine)).Expect(HttpStatusCode.OK, "baseline"));
        return
        [
            await RunAsync(clock, async () => (await http.GetAsync(new Uri(address, BaselineServer.GetPath))).Expect(HttpStatusCode.OK, "baseline")),
            await PostAsync(BaselineServer.PostPath),
            await PostAsync(BaselineServer.QueryPath),
            await PostAsync(BaselineServer.UpdatePath),
        ];
    }

    private async Task<(CpuPerOperation Query, CpuPerOperation Update)> MeasureStatementsAsync(ThrowawayPostgres postgres)
    {
        await using var table = await RowTable.OpenAsync(postgres.ConnectionString);
        var clock = new CpuClock(Environment.ProcessId, postgres.Postmaster);
        return (await RunAsync(clock, table.ReadAsync), await RunAsync(clock, table.ChangeAsync));
    }

    private static async Task WaitForAsync(Http http, Uri url, ServerProcess server)
    {
        while (true)
        {
            try
            {
                await http.GetAsync(url);
                return;
            }
            catch (HttpRequestException) when (!server.HasExited)
            {
                await Task.Delay(50);
            }
        }
    }

    private async Task<CpuPerOperation> RunAsync(CpuClock clock, Func<Task> operation) =>
        (await LoadGenerator.RunAsync([.. Enumerable.Repeat(operation, concurrency)], warmUp, duration, clock, cancellationToken)).Cpu;

    /// <summary>Pure computing, on one thread.</summary>
    private async Task<double> MeasureAsync(Action operation)
    {
        var clock = new CpuClock(Environment.ProcessId, postmaster: null);
        Func<Task> worker = () =>
        {
            operation();
            return Task.CompletedTask;
        };
        var limit = TimeSpan.FromSeconds(Math.Min(2, duration.TotalSeconds));
        return (await LoadGenerator.RunAsync([worker], limit, limit, clock, cancellationToken)).Cpu.Total;
    }
}
