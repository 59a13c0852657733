using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Protocol.Grants;
using IdentityProvider.Storage.Tests.Databases;
using Npgsql;
using Xunit;

namespace IdentityProvider.Storage.Tests.Grants;

/// <summary>
/// Not luck but permutations: the test holds the row's lock, sees the requests wait for it, and then commits this or that, or rolls it back.
/// </summary>
public sealed class PostgresLockTests(PostgresTestDatabase database) : IClassFixture<PostgresTestDatabase>
{
    private const string LockCode = "SELECT 1 FROM authorization_codes WHERE code_hash = $1 FOR UPDATE";
    private const string LockGrant = "SELECT 1 FROM grants WHERE id = $1 FOR UPDATE";

    [Fact]
    public async Task A_grant_inserted_while_everything_is_ended_is_dead_at_its_first_use()
    {
        var scene = await Scene.CreateAsync(database);
        var code = await scene.IssueAsync();

        var redemption = await WhileLockedAsync(LockCode, code.CodeHash, () => scene.Grants.RedeemCodeAsync(code), async _ =>
        {
            // On another connection, and committed while the redemption waits with its snapshot taken.
            await using var everything = database.Get<NpgsqlDataSource>().CreateCommand(
                """
                WITH u AS (UPDATE "AspNetUsers" SET "Epoch" = "Epoch" + 1 WHERE "Id" = $1),
                    s AS (UPDATE sessions SET ended_at = clock_timestamp() WHERE user_id = $1)
                UPDATE grants SET revoked_at = clock_timestamp() WHERE subject_id = $1
                """);
            everything.Parameters.AddWithValue(scene.UserId);
            await everything.ExecuteNonQueryAsync();
        });

        Assert.Equal(CodeVerdict.Redeemed, Assert.Single(redemption).Verdict);
        Assert.Null((await scene.GrantAsync(code.GrantId)).RevokedAt);
        Assert.False(await scene.IsActiveAsync(code.GrantId));
        var token = await TokenOfAsync(scene, code);
        Assert.Equal(RefreshVerdict.Dead, await scene.RefreshAsync(token));
    }

    [Fact]
    public async Task Requests_that_wait_for_a_revocation_to_commit_are_refused()
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync();
        var outcomes = await WhileLockedAsync(
            LockGrant, token.FamilyId, () => scene.Grants.RefreshAsync(Fresh(token)),
            holder => ExecuteAsync(holder, "UPDATE grants SET revoked_at = clock_timestamp() WHERE id = $1", token.FamilyId), count: 8);
        Assert.All(outcomes, outcome => Assert.Equal(RefreshVerdict.Dead, outcome.Verdict));
    }

    [Fact]
    public async Task Of_requests_that_wait_while_nothing_happens_one_rotates()
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync();
        var outcomes = await WhileLockedAsync(
            LockGrant, token.FamilyId, () => scene.Grants.RefreshAsync(Fresh(token)), _ => Task.CompletedTask, count: 8);
        Assert.Single(outcomes, outcome => outcome.Verdict == RefreshVerdict.Rotated);
        Assert.Equal(7, outcomes.Count(outcome => outcome.Verdict == RefreshVerdict.Retried));
    }

    [Fact]
    public async Task Of_requests_that_wait_for_a_revocation_which_is_rolled_back_one_rotates()
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync();
        var outcomes = await WhileLockedAsync(
            LockGrant, token.FamilyId, () => scene.Grants.RefreshAsync(Fresh(token)),
            holder => ExecuteAsync(holder, "UPDATE grants SET revoked_at = clock_timestamp(), generation = 2 WHERE id = $1", token.FamilyId),
            count: 8, rollBack: true);
        Assert.Single(outcomes, outcome => outcome.Verdict == RefreshVerdict.Rotated);
        Assert.Equal(7, outcomes.Count(outcome => outcome.Verdict == RefreshVerdict.Retried));
        Assert.Equal((2, null), ((await scene.GrantAsync(token.FamilyId)).Generation, (await scene.GrantAsync(token.FamilyId)).RevokedAt));
    }

    [Fact]
    public async Task A_redemption_that_waits_for_another_one_which_is_rolled_back_succeeds()
    {
        var scene = await Scene.CreateAsync(database);
        var code = await scene.IssueAsync();
        var redemptions = await WhileLockedAsync(
            LockCode, code.CodeHash, () => scene.Grants.RedeemCodeAsync(code with { GrantId = Scene.Id() }),
            holder => ExecuteAsync(
                holder, "UPDATE authorization_codes SET redeemed_at = clock_timestamp() - interval '1 minute' WHERE code_hash = $1", code.CodeHash),
            count: 2, rollBack: true);
        var given = Assert.Single(redemptions, it => it.Verdict == CodeVerdict.Redeemed);
        Assert.True(await scene.IsActiveAsync(given.Grant!.Id));
    }

    [Fact]
    public async Task A_request_that_waited_judges_by_the_clock_after_its_wait()
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync();
        var outcomes = await WhileLockedAsync(
            LockGrant, token.FamilyId, () => scene.Grants.RefreshAsync(token),
            holder => ExecuteAsync(holder, "UPDATE grants SET idle_expires_at = clock_timestamp() WHERE id = $1", token.FamilyId));
        Assert.Equal(RefreshVerdict.Dead, Assert.Single(outcomes).Verdict);
    }

    [Fact]
    public async Task A_redemption_that_waited_judges_by_the_clock_after_its_wait()
    {
        var scene = await Scene.CreateAsync(database);
        var code = await scene.IssueAsync();
        var redemptions = await WhileLockedAsync(
            LockCode, code.CodeHash, () => scene.Grants.RedeemCodeAsync(code),
            holder => ExecuteAsync(holder, "UPDATE authorization_codes SET expires_at = clock_timestamp() WHERE code_hash = $1", code.CodeHash));
        Assert.Equal(CodeVerdict.Expired, Assert.Single(redemptions).Verdict);
    }

    [Fact]
    public async Task A_replay_that_waits_for_the_redemption_revokes_the_grant_that_it_could_not_see()
    {
        var scene = await Scene.CreateAsync(database);
        var code = await scene.IssueAsync() with { ClientAuthenticated = false };
        var redemptions = await WhileLockedAsync(
            LockCode, code.CodeHash, () => scene.Grants.RedeemCodeAsync(code with { GrantId = Scene.Id() }), _ => Task.CompletedTask, count: 2);
        Assert.Single(redemptions, it => it.Verdict == CodeVerdict.Replayed);
        var given = Assert.Single(redemptions, it => it.Verdict == CodeVerdict.Redeemed);
        Assert.False(await scene.IsActiveAsync(given.Grant!.Id));
    }

    [Theory]
    [InlineData(ReuseReaction.RevokeSession)]
    [InlineData(ReuseReaction.RevokeAll)]
    public async Task A_reuse_that_must_end_more_than_its_family_locks_the_family_last(ReuseReaction reaction)
    {
        var scene = await Scene.CreateAsync(database);
        var first = await scene.FamilyAsync() with { OnReuse = reaction };
        var third = await scene.RotateAsync(await scene.RotateAsync(first));
        await scene.AgeRotationAsync(first.FamilyId, TimeSpan.FromSeconds(31));
        var (statement, key) = reaction == ReuseReaction.RevokeAll
            ? ("""SELECT 1 FROM "AspNetUsers" WHERE "Id" = $1 FOR UPDATE""", scene.UserId)
            : ("SELECT 1 FROM sessions WHERE id = $1 FOR UPDATE", scene.SessionId);

        // The holder goes on to the family, in the order that everybody keeps; the parked reuse must not be in its way.
        var outcomes = await WhileLockedAsync(
            statement, key, () => scene.Grants.RefreshAsync(first),
            holder => ExecuteAsync(holder, "UPDATE grants SET user_agent = user_agent WHERE id = $1", third.FamilyId));

        Assert.Equal(RefreshVerdict.ReuseDetected, Assert.Single(outcomes).Verdict);
        Assert.False(await scene.IsActiveAsync(first.FamilyId));
    }

    [Fact]
    public async Task A_withdrawal_waits_for_a_redemption_that_goes_on_when_its_code_has_expired()
    {
        var scene = await Scene.CreateAsync(database);
        var family = await scene.FamilyAsync();
        var code = await scene.IssueAsync();
        await ExecuteAsync("UPDATE authorization_codes SET expires_at = clock_timestamp() WHERE code_hash = $1", code.CodeHash);

        // The holder is a redemption whose commit takes its time.
        var revoked = await WhileLockedAsync(
            "UPDATE authorization_codes SET redeemed_at = clock_timestamp() WHERE code_hash = $1", code.CodeHash,
            () => database.Get<IAccountTransitions>().WithdrawConsentAsync(scene.UserId, scene.ClientId),
            holder => ExecuteAsync(
                holder, "INSERT INTO grants SELECT (jsonb_populate_record(g, jsonb_build_object('id', gen_random_uuid()))).* FROM grants g WHERE g.id = $1", family.FamilyId));

        Assert.Equal(2, Assert.Single(revoked));
    }

    [Fact]
    public async Task A_password_change_locks_the_persons_sessions_in_the_order_of_all_who_end_several()
    {
        var scene = await Scene.CreateAsync(database);
        var own = Guid.Parse($"ffffffff{scene.SessionId.ToString()[8..]}");
        Assert.True(await scene.SaveSessionAsync(session => session with { Id = own, HandleHash = Scene.Bytes() }));
        var change = new PasswordChange
        {
            UserId = scene.UserId,
            UserEpoch = 0,
            PasswordHash = "new hash",
            SessionId = own,
            HandleHash = Scene.Bytes(),
            Notice = new ChangeNotice(AccountEventTypes.PasswordChange, new EventOrigin()),
        };

        // The holder goes on to the later session, as an end of all sessions does; the parked change must not hold it.
        var ended = await WhileLockedAsync(
            "SELECT 1 FROM sessions WHERE id = $1 FOR UPDATE", scene.SessionId,
            () => database.Get<IAccountTransitions>().ChangePasswordAsync(change),
            holder => ExecuteAsync(holder, "UPDATE sessions SET user_agent = user_agent WHERE id = $1", own));

        Assert.Equal(1, Assert.Single(ended)?.Sessions);
    }

    [Fact]
    public async Task A_lock_that_is_not_released_is_an_outage()
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync();
        await using var holder = await database.Get<NpgsqlDataSource>().OpenConnectionAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await ExecuteAsync(holder, LockGrant, token.FamilyId);
        var exception = await Assert.ThrowsAnyAsync<Exception>(() => scene.Grants.RefreshAsync(token));
        Assert.True(StorageOutage.IsOutage(exception));
    }

    private async Task<IReadOnlyList<T>> WhileLockedAsync<T>(
        string lockStatement, object key, Func<Task<T>> request, Func<NpgsqlConnection, Task> happening, int count = 1, bool rollBack = false)
    {
        await using var holder = await database.Get<NpgsqlDataSource>().OpenConnectionAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await ExecuteAsync(holder, lockStatement, key);
        var requests = Enumerable.Range(0, count).Select(_ => request()).ToList();
        await UntilWaitingAsync(count);
        await happening(holder);
        await (rollBack ? transaction.RollbackAsync() : transaction.CommitAsync());
        return await Task.WhenAll(requests);
    }

    private async Task UntilWaitingAsync(int count)
    {
        await using var command = database.Get<NpgsqlDataSource>().CreateCommand(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while ((long)(await command.ExecuteScalarAsync(limit.Token))! < count)
        {
            await Task.Delay(5, limit.Token);
        }
    }

    private static RefreshPresentation Fresh(RefreshPresentation token) =>
        token with { SuccessorHash = Scene.Bytes(), SealedSuccessor = Scene.Bytes() };

    private static async Task<RefreshPresentation> TokenOfAsync(Scene scene, CodePresentation code)
    {
        var another = await (await Scene.CreateAsync(scene.Database)).FamilyAsync();
        return another with { FamilyId = code.GrantId, SecretHash = code.RefreshSecretHash, ClientId = scene.ClientId };
    }

    private async Task ExecuteAsync(string sql, object key)
    {
        await using var connection = await database.Get<NpgsqlDataSource>().OpenConnectionAsync();
        await ExecuteAsync(connection, sql, key);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, object key)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddWithValue(key);
        await command.ExecuteNonQueryAsync();
    }
}
