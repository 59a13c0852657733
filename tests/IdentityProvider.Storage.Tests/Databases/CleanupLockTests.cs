using IdentityProvider.Protocol.Grants;
using IdentityProvider.Storage.Tests.Grants;
using Npgsql;
using Xunit;

namespace IdentityProvider.Storage.Tests.Databases;

/// <summary>
/// Clean-up is never in the way of a redemption: the test stops it in the middle of a batch, with the batch's rows locked, and sees
/// that nobody waits.
/// </summary>
public sealed class CleanupLockTests(PostgresTestDatabase database) : IClassFixture<PostgresTestDatabase>
{
    private const long Gate = 0x1D5_7E57;
    private const string Waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";

    /// <summary>Each deletion of an expired row waits at the gate.</summary>
    private static readonly string s_gateAt = $"""
        CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS
            'BEGIN PERFORM pg_advisory_xact_lock_shared({Gate}); RETURN OLD; END';
        CREATE TRIGGER gate BEFORE DELETE ON grants FOR EACH ROW EXECUTE FUNCTION wait_at_gate();
        """;

    [Fact]
    public async Task No_redemption_rotation_or_issue_waits_while_expired_rows_are_being_deleted()
    {
        var scene = await Scene.CreateAsync(database);
        var code = await scene.IssueAsync();
        var token = await scene.FamilyAsync();
        await ExecuteAsync(s_gateAt);
        await ExecuteAsync(
            """
            INSERT INTO grants SELECT (jsonb_populate_record(g, jsonb_build_object(
                'id', gen_random_uuid(), 'absolute_expires_at', now() - interval '30 days', 'idle_expires_at', now() - interval '30 days'))).*
            FROM grants g CROSS JOIN generate_series(1, 2000) WHERE g.id = $1
            """,
            token.FamilyId);

        await using var holder = await database.Get<NpgsqlDataSource>().OpenConnectionAsync();
        await ExecuteAsync(holder, $"SELECT pg_advisory_lock({Gate})");
        var cleanup = database.Cleanup()
            .RunAsync(CancellationToken.None);
        await UntilWaitingAsync();
        Assert.True(await CountAsync("SELECT count(*) FROM pg_locks WHERE relation = 'grants'::regclass AND mode = 'RowExclusiveLock'") > 0);

        // Each of these would be an outage after two seconds if it met a lock of the clean-up.
        Assert.Equal(CodeVerdict.Redeemed, (await scene.Grants.RedeemCodeAsync(code)).Verdict);
        Assert.Equal(RefreshVerdict.Rotated, (await scene.Grants.RefreshAsync(token)).Verdict);
        Assert.Equal(RefreshVerdict.Retried, (await scene.Grants.RefreshAsync(token)).Verdict);
        Assert.True(await scene.IsActiveAsync(token.FamilyId));
        await scene.FamilyAsync();
        await scene.Grants.RevokeGrantAsync(token.FamilyId, scene.ClientId, "test");

        // The whole while only the clean-up has waited, and it did so at our gate.
        Assert.Equal(1, await CountAsync(Waiting));
        Assert.False(cleanup.IsCompleted);
        await ExecuteAsync(holder, $"SELECT pg_advisory_unlock({Gate})");
        Assert.True(await cleanup >= 2000);
        Assert.Equal(0, await CountAsync("SELECT count(*) FROM grants WHERE absolute_expires_at < now() - interval '15 days'"));
    }

    [Fact]
    public async Task Expired_rows_that_somebody_holds_are_left_for_the_next_time()
    {
        var scene = await Scene.CreateAsync(database);
        var held = await scene.FamilyAsync();
        await ExecuteAsync("UPDATE grants SET absolute_expires_at = now() - interval '30 days' WHERE id = $1", held.FamilyId);
        await using var holder = await database.Get<NpgsqlDataSource>().OpenConnectionAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await ExecuteAsync(holder, "SELECT 1 FROM grants WHERE id = $1 FOR UPDATE", held.FamilyId);
        var cleanup = database.Cleanup();

        await cleanup.RunAsync(CancellationToken.None);
        Assert.Equal(1, await CountAsync("SELECT count(*) FROM grants WHERE id = $1", held.FamilyId));

        await transaction.CommitAsync();
        await cleanup.RunAsync(CancellationToken.None);
        Assert.Equal(0, await CountAsync("SELECT count(*) FROM grants WHERE id = $1", held.FamilyId));
    }

    private async Task UntilWaitingAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await CountAsync(Waiting) == 0)
        {
            await Task.Delay(5, limit.Token);
        }
    }

    private async Task ExecuteAsync(string sql, params object[] parameters)
    {
        await using var connection = await database.Get<NpgsqlDataSource>().OpenConnectionAsync();
        await ExecuteAsync(connection, sql, parameters);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, params object[] parameters)
    {
        await using var command = Command(connection, sql, parameters);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<long> CountAsync(string sql, params object[] parameters)
    {
        await using var connection = await database.Get<NpgsqlDataSource>().OpenConnectionAsync();
        await using var command = Command(connection, sql, parameters);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, object[] parameters)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var parameter in parameters)
        {
            command.Parameters.AddWithValue(parameter);
        }

        return command;
    }
}
