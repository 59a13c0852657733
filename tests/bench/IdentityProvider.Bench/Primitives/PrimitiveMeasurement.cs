using System.Net;
using System.Security.Cryptography;
using IdentityProvider.Bench.Load;
using IdentityProvider.Bench.Cpu;
using IdentityProvider.Bench.Targets;
using Npgsql;

namespace IdentityProvider.Bench.Primitives;

/// <summary>
/// Measures the primitives as the scenarios are measured: the endpoints in a process of their own, the rest in this one, which does
/// nothing else meanwhile.
/// </summary>
internal sealed class PrimitiveMeasurement(TimeSpan warmUp, TimeSpan duration, int concurrency, int rows, CancellationToken cancellationToken)
{
    private const int RowsInUse = 20_000;
    private const int LeastRows = 10 * RowsInUse;

    private static readonly byte[] s_message = new byte[600];

    public async Task<PrimitiveCosts> RunAsync()
    {
        var (get, post) = await MeasureEndpointsAsync();
        var (query, update) = await MeasureStatementsAsync();
        using var rsa = RSA.Create(2048);
        using var ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var rsaSignature = rsa.SignData(s_message, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var ecSignature = ecdsa.SignData(s_message, HashAlgorithmName.SHA256);
        return new PrimitiveCosts
        {
            JsonGet = get.Total,
            FormPost = post.Total,
            SignRs256 = await MeasureAsync(() => rsa.SignData(s_message, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)),
            SignEs256 = await MeasureAsync(() => ecdsa.SignData(s_message, HashAlgorithmName.SHA256)),
            VerifyRs256 = await MeasureAsync(() => rsa.VerifyData(s_message, rsaSignature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)),
            VerifyEs256 = await MeasureAsync(() => ecdsa.VerifyData(s_message, ecSignature, HashAlgorithmName.SHA256)),
            PointQuery = query,
            Update = update,
        };
    }

    private async Task<(CpuPerOperation Get, CpuPerOperation Post)> MeasureEndpointsAsync()
    {
        var port = Target.FreePort();
        await using var server = ServerProcess.Start(
            "/dev/null", new Dictionary<string, string>(), Repository.Root, Environment.ProcessPath!, "baseline-server", "--port", $"{port}");
        using var http = new Http(concurrency);
        var address = new Uri($"http://127.0.0.1:{port}");
        await WaitForAsync(http, new Uri(address, BaselineServer.GetPath), server);

        var clock = new CpuClock(server.Id, postmaster: null);
        KeyValuePair<string, string>[] form = [new("grant_type", "client_credentials"), new("scope", "bench.es256"), new("resource", "urn:bench:es256")];
        var get = await RunAsync(clock, async () => (await http.GetAsync(new Uri(address, BaselineServer.GetPath))).Expect(HttpStatusCode.OK, "baseline"));
        var post = await RunAsync(clock, async () => (await http.PostAsync(new Uri(address, BaselineServer.PostPath), form, Cast.Machine)).Expect(HttpStatusCode.OK, "baseline"));
        return (get, post);
    }

    private async Task<(CpuPerOperation Query, CpuPerOperation Update)> MeasureStatementsAsync()
    {
        await using var postgres = await ThrowawayPostgres.StartAsync();
        await postgres.ExecuteAsync(
            $"""
            CREATE TABLE rows (id uuid PRIMARY KEY, n int NOT NULL, counter int NOT NULL, payload text NOT NULL, mark bytea) WITH (fillfactor = 60);
            INSERT INTO rows SELECT gen_random_uuid(), n, 0, repeat('x', 250), NULL FROM generate_series(1, {Math.Max(rows, LeastRows)}) n
            """);
        await postgres.ExecuteAsync("VACUUM ANALYZE");
        await postgres.ExecuteAsync("CHECKPOINT");
        var settings = new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { MaxAutoPrepare = 8 };
        await using var database = NpgsqlDataSource.Create(settings);
        var ids = await ReadIdsAsync(database);
        var next = 0;
        Guid NextId() => ids[Interlocked.Increment(ref next) % ids.Count];

        var clock = new CpuClock(Environment.ProcessId, postgres.Postmaster);
        var query = await RunAsync(clock, async () =>
        {
            await using var command = database.CreateCommand("SELECT counter, payload FROM rows WHERE id = $1");
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = NextId() });
            await ReadOneAsync(command);
        });
        var update = await RunAsync(clock, async () =>
        {
            await using var command = database.CreateCommand("UPDATE rows SET counter = counter + 1, mark = $2 WHERE id = $1 RETURNING counter, payload");
            command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = NextId() });
            command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = new byte[64] });
            await ReadOneAsync(command);
        });
        return (query, update);
    }

    private static async Task<List<Guid>> ReadIdsAsync(NpgsqlDataSource database)
    {
        var ids = new List<Guid>(RowsInUse);
        await using var command = database.CreateCommand($"SELECT id FROM rows ORDER BY id LIMIT {RowsInUse}");
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            ids.Add(reader.GetGuid(0));
        }

        return ids;
    }

    private static async Task ReadOneAsync(NpgsqlCommand command)
    {
        await using var reader = await command.ExecuteReaderAsync();
        if (!await reader.ReadAsync() || reader.GetString(1).Length == 0)
        {
            throw new UnexpectedReplyException("The row is gone.");
        }
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
