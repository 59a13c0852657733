using System.Globalization;
using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Bench.Load;
using IdentityProvider.Bench.Scenarios;
using IdentityProvider.Bench.Targets;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace IdentityProvider.Bench;

/// <summary>What the grant store costs at one size.</summary>
internal sealed record GrowthMeasurement
{
    public required int Rows { get; init; }

    /// <summary>A rotation, over HTTP.</summary>
    public required LoadResult Refresh { get; init; }

    /// <summary>Authorize with a live session, and redemption, over HTTP.</summary>
    public required LoadResult CodeFlow { get; init; }

    /// <summary>A person locked, and with that everything that they have granted revoked: PostgreSQL's microseconds.</summary>
    public required double LockMicroseconds { get; init; }

    /// <summary>An expired row deleted: PostgreSQL's microseconds.</summary>
    public required double CleanUpMicroseconds { get; init; }

    public required double ExpiredRowsPerSecond { get; init; }

    /// <summary>Rotations while as many expired rows are deleted once more.</summary>
    public required LoadResult RefreshDuringCleanUp { get; init; }

    /// <summary>The table with its indexes and what it keeps aside.</summary>
    public required long TableBytes { get; init; }

    /// <summary>Times that a statement of the load read the whole table.</summary>
    public required long SequentialScans { get; init; }
}

/// <summary>Whether what the grant store does costs the same however much is in it: our server alone, at one size after the other.</summary>
internal sealed class GrowthRun(IReadOnlyList<int> sizes, int expired, TimeSpan warmUp, TimeSpan duration, int concurrency, TextWriter output)
{
    private const int Locks = 300;
    private const int Batches = 5;

    private const string SequentialScans = "SELECT seq_scan FROM pg_stat_user_tables WHERE relname = 'grants'";

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var measurements = new List<GrowthMeasurement>();
        var ours = await OurServer.StartAsync(concurrency, 0);
        await using var target = ours.Target;
        using var http = new Http(concurrency);
        var driver = new Driver(target, http);
        var rows = 0;
        foreach (var size in sizes.Order())
        {
            output.WriteLine($"filling to {size} rows");
            await OurServer.AddPeopleAsync(ours.Postgres, rows, size);
            await OurServer.GrowAsync(ours.Postgres, rows, size);
            rows = size;
            measurements.Add(await MeasureAsync(ours, driver, size, cancellationToken));
        }

        output.WriteLine();
        Print(measurements);
    }

    private async Task<GrowthMeasurement> MeasureAsync(OurTarget ours, Driver driver, int rows, CancellationToken cancellationToken)
    {
        var clock = ours.Target.Clock;
        await using var services = new ServiceCollection()
            .AddLogging()
            .AddSingleton(RootKey.Create())
            .AddStorage(new StorageOptions { Provider = DatabaseProvider.Postgres, ConnectionString = ours.Postgres.ConnectionString })
            .BuildServiceProvider();
        var transitions = services.GetRequiredService<IAccountTransitions>();
        var people = await WarmPeopleAsync(ours, transitions);
        var refresh = await WorkersAsync("refresh-es256", driver);
        var codeFlow = await WorkersAsync("code-sso", driver);
        var scansBefore = await ours.Postgres.QueryAsync<long>(SequentialScans);
        var refreshResult = await LoadGenerator.RunAsync(refresh, warmUp, duration, clock, cancellationToken);
        var codeResult = await LoadGenerator.RunAsync(codeFlow, warmUp, duration, clock, cancellationToken);
        var locking = await LockPeopleAsync(ours, transitions, people, cancellationToken);
        var bytes = await ours.Postgres.QueryAsync<long>("SELECT pg_total_relation_size('grants')");

        await AddExpiredGrantsAsync(ours);
        var before = clock.Read();
        var alone = await CleanUpAsync(ours);
        var cleanUp = clock.Read().Since(before).Per(expired);
        await AddExpiredGrantsAsync(ours);
        var beside = CleanUpAsync(ours);
        var during = await LoadGenerator.RunAsync(refresh, TimeSpan.Zero, duration, clock, cancellationToken);
        await beside;
        return new GrowthMeasurement
        {
            Rows = rows,
            Refresh = refreshResult,
            CodeFlow = codeResult,
            LockMicroseconds = locking,
            CleanUpMicroseconds = cleanUp.Postgres,
            ExpiredRowsPerSecond = expired / alone.TotalSeconds,
            RefreshDuringCleanUp = during,
            TableBytes = bytes,
            SequentialScans = await ours.Postgres.QueryAsync<long>(SequentialScans) - scansBefore,
        };
    }

    /// <summary>
    /// People anywhere in the table, locked once and given back everything, so that it is not the first touch of their pages since a checkpoint
    /// that is measured afterwards.
    /// </summary>
    private static async Task<Guid[]> WarmPeopleAsync(OurTarget ours, IAccountTransitions transitions)
    {
        var people = await ours.Postgres.QueryAsync<Guid[]>(
            $"""
            SELECT array_agg("Id") FROM (
                SELECT "Id" FROM "AspNetUsers" WHERE "UserName" LIKE 'filler %' AND "DisabledAt" IS NULL ORDER BY random() LIMIT {Locks * Batches}) it
            """);
        foreach (var person in people)
        {
            await transitions.LockAsync(person, "warm");
        }

        await ours.Postgres.ExecuteAsync("""
            UPDATE grants g SET revoked_at = NULL, revoked_reason = NULL, subject_epoch = u."Epoch" FROM "AspNetUsers" u
            WHERE u."DisabledReason" = 'warm' AND g.subject_id = u."Id";
            UPDATE "AspNetUsers" SET "DisabledAt" = NULL, "DisabledReason" = NULL WHERE "DisabledReason" = 'warm';
            """);
        return people;
    }

    /// <summary>
    /// The store's own transition, as <c>idp users lock</c> makes it. The median of some batches: what PostgreSQL does in the background is in
    /// their processor time as well.
    /// </summary>
    private static async Task<double> LockPeopleAsync(OurTarget ours, IAccountTransitions transitions, Guid[] people, CancellationToken cancellationToken)
    {
        var costs = new List<double>();
        foreach (var batch in people.Chunk(Locks))
        {
            var before = ours.Target.Clock.Read();
            await Parallel.ForEachAsync(batch, new ParallelOptions { MaxDegreeOfParallelism = 2, CancellationToken = cancellationToken }, async (person, _) =>
            {
                if (await transitions.LockAsync(person, "bench") is not { Grants: > 0 })
                {
                    throw new InvalidOperationException($"Locking {person} revoked nothing.");
                }
            });
            costs.Add(ours.Target.Clock.Read().Since(before).Per(batch.Length).Postgres);
        }

        return costs.Order().ElementAt(costs.Count / 2);
    }

    /// <summary>By the command that operators have, beside the server, until nothing is due.</summary>
    private static async Task<TimeSpan> CleanUpAsync(OurTarget ours)
    {
        var started = TimeProvider.System.GetTimestamp();
        await ServerProcess.RunAsync(ours.Settings, "dotnet", Repository.Server, "cleanup");
        return TimeProvider.System.GetElapsedTime(started);
    }

    private async Task<Func<Task>[]> WorkersAsync(string name, Driver driver)
    {
        var scenario = Scenario.All.Single(scenario => scenario.Name == name);
        return await Task.WhenAll(Enumerable.Range(0, concurrency).Select(number => scenario.CreateWorkerAsync(driver, number)));
    }

    /// <summary>Each a millisecond after the other, and all due; then the table is as an autovacuum leaves it.</summary>
    private async Task AddExpiredGrantsAsync(OurTarget ours)
    {
        await ours.Postgres.ExecuteAsync($$"""
            INSERT INTO grants (id, client_id, subject_id, subject_epoch, session_id, ends_with_session, scopes, resources, auth_time, acr, amr,
                generation, secret_hash, retries, late_retry_used, idle_expires_at, absolute_expires_at, created_at)
            SELECT gen_random_uuid(), '{{Cast.OfflineClient}}', gen_random_uuid(), 0, gen_random_uuid(), FALSE, '{offline_access}', '{}',
                now(), '1', '{pwd}', 1, sha256(n::text::bytea), 0, FALSE, expired, expired, expired
            FROM generate_series(1, {{expired}}) n, LATERAL (SELECT now() - interval '31 days' + n * interval '1 millisecond') it (expired)
            """);
        await ours.Postgres.ExecuteAsync("VACUUM ANALYZE grants");
        await ours.Postgres.ExecuteAsync("CHECKPOINT");
    }

    private void Print(List<GrowthMeasurement> measurements)
    {
        output.WriteLine("| grants | refresh µs | p99 ms | code flow µs | p99 ms | lock a person, PostgreSQL µs | clean-up, PostgreSQL µs per row | rows/s | refresh p99 ms meanwhile | bytes per grant | sequential scans |");
        output.WriteLine("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        var first = measurements[0];
        foreach (var it in measurements)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {it.Rows:#,0} | {Cost(it.Refresh.Cpu.Total, first.Refresh.Cpu.Total)} | {it.Refresh.P99Milliseconds:0.0} | {Cost(it.CodeFlow.Cpu.Total, first.CodeFlow.Cpu.Total)} | {it.CodeFlow.P99Milliseconds:0.0} | {Cost(it.LockMicroseconds, first.LockMicroseconds)} | {Cost(it.CleanUpMicroseconds, first.CleanUpMicroseconds)} | {it.ExpiredRowsPerSecond:#,0} | {it.RefreshDuringCleanUp.P99Milliseconds:0.0} | {it.TableBytes / it.Rows} | {it.SequentialScans} |"));
        }
    }

    private static string Cost(double microseconds, double first) =>
        string.Create(CultureInfo.InvariantCulture, $"{microseconds:#,0.#} ({microseconds / first:0.00}×)");
}
