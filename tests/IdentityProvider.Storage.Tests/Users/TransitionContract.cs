using IdentityProvider.Accounts.Devices;
using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Factors;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Protocol.Consents;
using IdentityProvider.Protocol.Grants;
using IdentityProvider.Storage.Outbox;
using IdentityProvider.Storage.Sessions;
using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Storage.Tests.Grants;
using IdentityProvider.Storage.Tests.SystemTests;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

namespace IdentityProvider.Storage.Tests.Users;

/// <summary>What ends what, when a person changes.</summary>
public abstract class TransitionContract(TestDatabase database)
{
    private static readonly TimeSpan _idle = TimeSpan.FromHours(10);

    private IAccountTransitions Transitions => database.Get<IAccountTransitions>();

    private ISessionStore Sessions => database.Get<ISessionStore>();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_lock_and_a_reset_end_every_session_grant_and_code(bool isLock)
    {
        var scene = await Scene.CreateAsync(database);
        var other = await AddSessionAsync(scene);
        var (coordinated, detached) = (await scene.FamilyAsync(it => it with { EndsWithSession = true }), await scene.FamilyAsync());
        var code = await scene.IssueAsync();
        var bystander = await Scene.CreateAsync(database);
        var untouched = await bystander.FamilyAsync();

        var ended = isLock
            ? await Transitions.LockAsync(scene.UserId, "seen in a leak")
            : await Transitions.ResetPasswordAsync(scene.UserId, "new hash");

        Assert.Equal(new Ended(2, 2), ended);
        Assert.Null(await FindAsync(scene.SessionHandle));
        Assert.Null(await FindAsync(other.Handle));
        foreach (var token in new[] { coordinated, detached })
        {
            Assert.Equal(RefreshVerdict.Dead, await scene.RefreshAsync(token));
            Assert.False(await scene.IsActiveAsync(token.FamilyId));
            Assert.Equal(isLock ? "user_locked" : "password_reset", (await scene.GrantAsync(token.FamilyId)).RevokedReason);
        }

        Assert.Equal(CodeVerdict.Dead, (await scene.Grants.RedeemCodeAsync(code)).Verdict);
        Assert.NotNull(await FindAsync(bystander.SessionHandle));
        Assert.Equal(RefreshVerdict.Rotated, await bystander.RefreshAsync(untouched));
    }

    [Fact]
    public async Task Nobody_signs_in_as_a_locked_person_until_the_lock_is_taken_off_and_what_it_ended_stays_ended()
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync();
        await Transitions.LockAsync(scene.UserId, "first");
        await Transitions.LockAsync(scene.UserId, "seen in a leak");
        var user = await UserAsync(scene);
        Assert.Equal((2, "seen in a leak"), (user.Epoch, user.DisabledReason));
        Assert.InRange(user.DisabledAt!.Value, Scene.Ago(TimeSpan.FromMinutes(1)), Scene.Ago(TimeSpan.FromSeconds(-5)));
        Assert.False(await SaveAsync(scene, epoch: 2));

        Assert.True(await Transitions.UnlockAsync(new Unlocking { UserId = scene.UserId }));

        user = await UserAsync(scene);
        Assert.Equal((2, null, null, "old hash"), (user.Epoch, user.DisabledAt, user.DisabledReason, user.PasswordHash));
        Assert.Null(await FindAsync(scene.SessionHandle));
        Assert.Equal(RefreshVerdict.Dead, await scene.RefreshAsync(token));
        Assert.True(await SaveAsync(scene, epoch: 2));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Trust_in_a_device_ends_with_the_epoch_and_the_device_stays_known(bool isLock)
    {
        var scene = await Scene.CreateAsync(database);
        var devices = database.Get<IDeviceStore>();
        var device = new DeviceHandle(Scene.Id(), Scene.Bytes());
        await devices.AddAsync(scene.UserId, device, new DeviceVisit(null, null, null), TimeSpan.FromDays(1));
        Assert.True(await devices.TrustAsync(scene.UserId, device.Id, TimeSpan.FromDays(1)));
        Assert.Null(await Transitions.ChangePasswordAsync(Change(scene) with { UserEpoch = 9 }));
        Assert.NotNull(Assert.Single(await devices.ListAsync(scene.UserId, CancellationToken.None)).TrustedUntil);

        Assert.NotNull(isLock ? await Transitions.LockAsync(scene.UserId, "seen in a leak") : await Transitions.ChangePasswordAsync(Change(scene)));

        Assert.Null(Assert.Single(await devices.ListAsync(scene.UserId, CancellationToken.None)).TrustedUntil);
    }

    [Fact]
    public async Task An_unlock_can_remove_the_password()
    {
        var scene = await Scene.CreateAsync(database);
        await SetPasswordAsync(scene);
        await Transitions.LockAsync(scene.UserId, "seen in a leak");
        Assert.True(await Transitions.UnlockAsync(new Unlocking { UserId = scene.UserId, RemovePassword = true }));
        Assert.Null((await UserAsync(scene)).PasswordHash);
    }

    [Fact]
    public async Task A_reset_sets_the_password_and_leaves_a_lock_alone()
    {
        var scene = await Scene.CreateAsync(database);
        await Transitions.LockAsync(scene.UserId, "seen in a leak");
        await Transitions.ResetPasswordAsync(scene.UserId, "new hash");
        var user = await UserAsync(scene);
        Assert.Equal(("new hash", "seen in a leak"), (user.PasswordHash, user.DisabledReason));
        Assert.NotNull(user.DisabledAt);
    }

    [Fact]
    public async Task After_a_password_change_only_the_persons_own_session_goes_on_and_under_a_new_handle()
    {
        var scene = await Scene.CreateAsync(database);
        var other = await AddSessionAsync(scene);
        var (coordinated, detached) = (await scene.FamilyAsync(it => it with { EndsWithSession = true }), await scene.FamilyAsync());
        var code = await scene.IssueAsync();
        var change = Change(scene);

        Assert.Equal(new Ended(1, 2), await Transitions.ChangePasswordAsync(change));

        Assert.Null(await FindAsync(other.Handle));
        Assert.Null(await FindAsync(scene.SessionHandle));
        var session = (await FindAsync(change.HandleHash))!;
        Assert.Equal((scene.SessionId, 1), (session.Id, session.UserEpoch));
        Assert.Equal("new hash", (await UserAsync(scene)).PasswordHash);
        Assert.Equal(RefreshVerdict.Dead, await scene.RefreshAsync(coordinated));
        Assert.Equal(RefreshVerdict.Dead, await scene.RefreshAsync(detached));
        Assert.Equal(CodeVerdict.Dead, (await scene.Grants.RedeemCodeAsync(code)).Verdict);

        var anew = await scene.IssueAsync(it => it with { SubjectEpoch = 1 });
        Assert.Equal(CodeVerdict.Redeemed, (await scene.Grants.RedeemCodeAsync(anew)).Verdict);
    }

    [Fact]
    public async Task A_password_change_that_somebody_else_was_faster_than_changes_nothing()
    {
        var scene = await Scene.CreateAsync(database);
        await Transitions.ResetPasswordAsync(scene.UserId, "reset hash");
        var change = Change(scene);

        Assert.Null(await Transitions.ChangePasswordAsync(change));

        Assert.Equal("reset hash", (await UserAsync(scene)).PasswordHash);
        Assert.Null(await FindAsync(change.HandleHash));
        Assert.Null(await FindAsync(scene.SessionHandle));
    }

    [Fact]
    public async Task A_locked_person_changes_no_password()
    {
        var scene = await Scene.CreateAsync(database);
        await Transitions.LockAsync(scene.UserId, "seen in a leak");
        Assert.Null(await Transitions.ChangePasswordAsync(Change(scene) with { UserEpoch = 1 }));
    }

    [Fact]
    public async Task A_session_that_ended_meanwhile_does_not_come_back_with_a_password_change()
    {
        var scene = await Scene.CreateAsync(database);
        await scene.EndSessionAsync();
        var change = Change(scene);
        Assert.NotNull(await Transitions.ChangePasswordAsync(change));
        Assert.Null(await FindAsync(change.HandleHash));
    }

    [Fact]
    public async Task The_clients_of_the_sessions_that_end_are_told()
    {
        var scene = await Scene.CreateAsync(database, registerClient: false);
        var other = await AddSessionAsync(scene);
        await scene.IssueAsync();
        await scene.IssueAsync(it => it with { SessionId = other.Id });

        await Transitions.ChangePasswordAsync(Change(scene));
        Assert.Equal([other.Id], await ToldAsync(scene));

        await Transitions.LockAsync(scene.UserId, "seen in a leak");
        Assert.Equal(new[] { other.Id, scene.SessionId }.Order(), (await ToldAsync(scene)).Order());
    }

    /// <summary>Who has read a person before would otherwise write the old epoch, lock and password back.</summary>
    [Fact]
    public async Task An_update_of_a_person_who_was_read_before_a_lock_is_refused()
    {
        var scene = await Scene.CreateAsync(database);
        await using var scope = database.Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        var user = (await users.FindByIdAsync(scene.UserId.ToString()))!;
        var stamp = user.SecurityStamp;

        await Transitions.LockAsync(scene.UserId, "seen in a leak");
        user.PasswordHash = "rehashed";
        Assert.False((await users.UpdateAsync(user)).Succeeded);

        var stored = await UserAsync(scene);
        Assert.NotNull(stored.DisabledAt);
        Assert.NotEqual(stamp, stored.SecurityStamp);
    }

    [Fact]
    public async Task An_update_of_a_person_who_was_read_before_a_reuse_ended_everything_is_refused()
    {
        var scene = await Scene.CreateAsync(database);
        var first = await scene.FamilyAsync() with { OnReuse = ReuseReaction.RevokeAll };
        await scene.RotateAsync(await scene.RotateAsync(first));
        await scene.AgeRotationAsync(first.FamilyId, TimeSpan.FromHours(1));
        await using var scope = database.Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        var user = (await users.FindByIdAsync(scene.UserId.ToString()))!;

        Assert.Equal(RefreshVerdict.ReuseDetected, await scene.RefreshAsync(first));
        Assert.False((await users.UpdateAsync(user)).Succeeded);
        Assert.Equal(1, (await UserAsync(scene)).Epoch);
    }

    [Fact]
    public async Task Withdrawn_consent_ends_the_grants_and_codes_of_that_client_only()
    {
        var scene = await Scene.CreateAsync(database);
        var (token, code) = (await scene.FamilyAsync(), await scene.IssueAsync());
        var elsewhere = "other-" + Scene.Id().ToString("N");
        var kept = await scene.FamilyAsync(it => it with { ClientId = elsewhere }) with { ClientId = elsewhere };
        var consents = database.Get<IConsentStore>();
        await consents.SaveAsync(scene.UserId, scene.ClientId, new ConsentAnswer(["openid"], []), null, CancellationToken.None);
        await consents.SaveAsync(scene.UserId, elsewhere, new ConsentAnswer(["openid"], []), null, CancellationToken.None);

        Assert.Equal(1, await Transitions.WithdrawConsentAsync(scene.UserId, scene.ClientId));

        Assert.Equal(RefreshVerdict.Dead, await scene.RefreshAsync(token));
        Assert.Equal("consent_withdrawn", (await scene.GrantAsync(token.FamilyId)).RevokedReason);
        Assert.NotEqual(CodeVerdict.Redeemed, (await scene.Grants.RedeemCodeAsync(code)).Verdict);
        Assert.Null(await consents.FindAsync(scene.UserId, scene.ClientId, CancellationToken.None));
        Assert.NotNull(await consents.FindAsync(scene.UserId, elsewhere, CancellationToken.None));
        Assert.Equal(RefreshVerdict.Rotated, await scene.RefreshAsync(kept));
        Assert.NotNull(await FindAsync(scene.SessionHandle));
    }

    [Fact]
    public async Task Of_a_deleted_person_nothing_works_and_neither_consent_nor_factor_is_left()
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync();
        await database.Get<IConsentStore>().SaveAsync(scene.UserId, scene.ClientId, new ConsentAnswer(["openid"], []), null, CancellationToken.None);

        var factors = database.Get<IFactorStore>();
        await factors.SaveTotpAsync(scene.UserId, 0, new TotpAuthenticator(Scene.Id(), Scene.Bytes()), step: 1);
        await factors.ReplaceRecoveryCodesAsync(scene.UserId, 0, ["code"]);
        await factors.DeclinePasskeyOfferAsync(scene.UserId);

        Assert.Equal(new Ended(1, 1), await Transitions.DeleteAsync(scene.UserId));
        Assert.Equal(new FactorState(), await factors.ReadAsync(scene.UserId, CancellationToken.None));

        Assert.Equal(RefreshVerdict.Dead, await scene.RefreshAsync(token));
        Assert.Null(await FindAsync(scene.SessionHandle));
        await using var context = database.Context();
        Assert.False(await context.Users.AnyAsync(user => user.Id == scene.UserId));
        Assert.Null(await database.Get<IConsentStore>().FindAsync(scene.UserId, scene.ClientId, CancellationToken.None));
    }

    [Fact]
    public async Task Of_nobody_there_is_nothing_to_end()
    {
        var nobody = Scene.Id();
        Assert.Null(await Transitions.LockAsync(nobody, "reason"));
        Assert.Null(await Transitions.ResetPasswordAsync(nobody, "hash"));
        Assert.Null(await Transitions.DeleteAsync(nobody));
        Assert.False(await Transitions.UnlockAsync(new Unlocking { UserId = nobody, RemovePassword = true }));
        Assert.Equal(0, await Transitions.WithdrawConsentAsync(nobody, "client"));
    }

    private Task<UserSession?> FindAsync(byte[] handle) => Sessions.FindAsync(handle, _idle, CancellationToken.None);

    private static PasswordChange Change(Scene scene) => new()
    {
        UserId = scene.UserId,
        UserEpoch = 0,
        PasswordHash = "new hash",
        SessionId = scene.SessionId,
        HandleHash = Scene.Bytes(),
        Notice = new ChangeNotice(AccountEventTypes.PasswordChange, new EventOrigin()),
    };

    private static async Task<(Guid Id, byte[] Handle)> AddSessionAsync(Scene scene)
    {
        var (id, handle) = (Scene.Id(), Scene.Bytes());
        Assert.True(await scene.SaveSessionAsync(it => it with { Id = id, HandleHash = handle }));
        return (id, handle);
    }

    private async Task<bool> SaveAsync(Scene scene, long epoch)
    {
        await SetPasswordAsync(scene);
        return await scene.SaveSessionAsync(it => it with { Id = Scene.Id(), HandleHash = Scene.Bytes(), UserEpoch = epoch });
    }

    private async Task<User> UserAsync(Scene scene)
    {
        await using var context = database.Context();
        return await context.Users.AsNoTracking().SingleAsync(user => user.Id == scene.UserId);
    }

    private async Task SetPasswordAsync(Scene scene)
    {
        await using var context = database.Context();
        await context.Users.Where(user => user.Id == scene.UserId).ExecuteUpdateAsync(user => user.SetProperty(it => it.PasswordHash, "old hash"));
    }

    /// <summary>The sessions of whose end a client will hear.</summary>
    private async Task<IReadOnlyList<Guid>> ToldAsync(Scene scene)
    {
        await using var context = database.Context();
        var rows = (await context.Set<OutboxRow>().AsNoTracking().ToListAsync()).Where(row => row.Payload.Contains(scene.ClientId, StringComparison.Ordinal));
        var sessions = await context.Set<SessionRow>().AsNoTracking().Where(row => row.UserId == scene.UserId).ToListAsync();
        return [.. rows.Select(row => sessions.Single(session => row.Payload.Contains(session.Id.ToString(), StringComparison.OrdinalIgnoreCase)).Id)];
    }
}

public sealed class SqliteTransitionTests(SqliteTestDatabase database) : TransitionContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresTransitionTests(PostgresTestDatabase database) : TransitionContract(database), IClassFixture<PostgresTestDatabase>
{
    private readonly PostgresTestDatabase _database = database;

    /// <summary>Else a lock could miss a session that is being made, and whoever joins it would never hear of its end.</summary>
    [Fact]
    public async Task A_sign_in_that_is_under_way_when_the_epoch_is_raised_makes_no_session()
    {
        var scene = await Scene.CreateAsync(_database);
        await using var holder = await _database.Get<NpgsqlDataSource>().OpenConnectionAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await using var raise = new NpgsqlCommand("""UPDATE "AspNetUsers" SET "Epoch" = "Epoch" + 1 WHERE "Id" = $1""", holder)
        {
            Parameters = { new NpgsqlParameter<Guid> { TypedValue = scene.UserId } },
        };
        await raise.ExecuteNonQueryAsync();

        var signIn = scene.SaveSessionAsync(it => it with { Id = Scene.Id(), HandleHash = Scene.Bytes() });
        await Eventually.BecomesAsync(WaitingAsync, waiting => waiting == 1, "The sign-in waits");
        await transaction.CommitAsync();

        Assert.False(await signIn);
    }

    private async Task<long> WaitingAsync()
    {
        await using var command = _database.Get<NpgsqlDataSource>().CreateCommand(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'");
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
