using System.Globalization;
using IdentityProvider.Bench.Load;
using IdentityProvider.Bench.Scenarios;
using IdentityProvider.Bench.Targets;
using Npgsql;

namespace IdentityProvider.Bench;

/// <summary>What the grant store costs at one size.</summary>
internal sealed record GrowthMeasurement
{
    public required int Rows { get; init; }

    /// <summary>A rotation, over HTTP.</summary>
    public required LoadResult Refresh { get; init; }

    /// <summary>Authorize with a live session, and redemption, over HTTP.</summary>
    public required LoadResult CodeFlow { get; init; }

    /// <summary>Everything that one person has granted, ended by the person's id.</summary>
    public required LoadResult RevokeBySubject { get; init; }

    /// <summary>Rotations while expired rows are deleted.</summary>
    public required LoadResult RefreshDuringCleanUp { get; init; }

    public required double ExpiredRowsPerSecond { get; init; }

    /// <summary>The table with its indexes and what it keeps aside.</summary>
    public required long TableBytes { get; init; }

    /// <summary>Times that a statement of the load read the whole table.</summary>
    public required long SequentialScans { get; init; }
}

/// <summary>Whether what the grant store does costs the same however much is in it: our server alone, at one size after the other.</summary>
internal sealed class GrowthRun(IReadOnlyList<int> sizes, int expired, TimeSpan warmUp, TimeSpan duration, int concurrency, TextWriter output)
{
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
        var refresh = await WorkersAsync("refresh-es256", driver);
        var codeFlow = await WorkersAsync("code-sso", driver);
        var scansBefore = await ours.Postgres.QueryAsync<long>(SequentialScans);
        var refreshResult = await LoadGenerator.RunAsync(refresh, warmUp, duration, clock, cancellationToken);
        var codeResult = await LoadGenerator.RunAsync(codeFlow, warmUp, duration, clock, cancellationToken);
        var revokeResult = await RevokeAsync(ours, rows, cancellationToken);
        var bytes = await ours.Postgres.QueryAsync<long>("SELECT pg_total_relation_size('grants')");

        await ours.Postgres.ExecuteAsync(ExpiredGrants());
        var cleanUp = CleanUpAsync(ours);
        var during = await LoadGenerator.RunAsync(refresh, TimeSpan.Zero, duration, clock, cancellationToken);
        return new GrowthMeasurement
        {
            Rows = rows,
            Refresh = refreshResult,
            CodeFlow = codeResult,
            RevokeBySubject = revokeResult,
            RefreshDuringCleanUp = during,
            ExpiredRowsPerSecond = expired / (await cleanUp).TotalSeconds,
            TableBytes = bytes,
            SequentialScans = await ours.Postgres.QueryAsync<long>(SequentialScans) - scansBefore,
        };
    }

    /// <summary>The fan-out of a lock or a reset, without the rest of it, each time of another person.</summary>
    private async Task<LoadResult> RevokeAsync(OurTarget ours, int rows, CancellationToken cancellationToken)
    {
        await using var database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(ours.Postgres.ConnectionString) { MaxAutoPrepare = 8 });
        var next = 0;
        async Task RevokeOneAsync()
        {
            await using var command = database.CreateCommand(
                $"UPDATE grants SET revoked_at = clock_timestamp(), revoked_reason = 'bench' WHERE subject_id = {OurServer.SubjectOf("$1")} AND revoked_at IS NULL");
            command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = Interlocked.Add(ref next, 5) % rows });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        return await LoadGenerator.RunAsync(
            [.. Enumerable.Repeat(RevokeOneAsync, 2)], TimeSpan.Zero, TimeSpan.FromSeconds(1), ours.Target.Clock, cancellationToken);
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

    private string ExpiredGrants() => $$"""
        INSERT INTO grants (id, client_id, subject_id, subject_epoch, session_id, ends_with_session, scopes, resources, auth_time, acr, amr,
            generation, secret_hash, retries, late_retry_used, idle_expires_at, absolute_expires_at, created_at)
        SELECT gen_random_uuid(), '{{Cast.OfflineClient}}', gen_random_uuid(), 0, gen_random_uuid(), FALSE, '{offline_access}', '{}',
            now(), '1', '{pwd}', 1, sha256(n::text::bytea), 0, FALSE, now() - interval '30 days', now() - interval '30 days', now() - interval '60 days'
        FROM generate_series(1, {{expired}}) n
        """;

    private void Print(List<GrowthMeasurement> measurements)
    {
        output.WriteLine("| grants | refresh µs | p99 ms | code flow µs | p99 ms | revoke a person's µs | clean-up rows/s | refresh p99 ms meanwhile | bytes per grant | sequential scans |");
        output.WriteLine("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
        var first = measurements[0];
        foreach (var it in measurements)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {it.Rows:#,0} | {Cost(it.Refresh, first.Refresh)} | {it.Refresh.P99Milliseconds:0.0} | {Cost(it.CodeFlow, first.CodeFlow)} | {it.CodeFlow.P99Milliseconds:0.0} | {Cost(it.RevokeBySubject, first.RevokeBySubject, postgresOnly: true)} | {it.ExpiredRowsPerSecond:#,0} | {it.RefreshDuringCleanUp.P99Milliseconds:0.0} | {it.TableBytes / it.Rows} | {it.SequentialScans} |"));
        }
    }

    private static string Cost(LoadResult result, LoadResult first, bool postgresOnly = false)
    {
        double Of(LoadResult it) => postgresOnly ? it.Cpu.Postgres : it.Cpu.Total;
        return string.Create(CultureInfo.InvariantCulture, $"{Of(result):#,0} ({Of(result) / Of(first):0.00}×)");
    }
}
