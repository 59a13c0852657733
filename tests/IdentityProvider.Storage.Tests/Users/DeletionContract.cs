using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Protocol.Grants;
using IdentityProvider.Storage.Events;
using IdentityProvider.Storage.Outbox;
using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Storage.Tests.Grants;
using IdentityProvider.Storage.Users;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace IdentityProvider.Storage.Tests.Users;

/// <summary>An account that its person wants deleted, until it is gone or kept.</summary>
public abstract class DeletionContract(TestDatabase database)
{
    private static readonly ChangeNotice s_notice = new(AccountEventTypes.DeletionRequested, new EventOrigin("192.0.2.0/24", "Firefox", "192.0.2.1"))
    {
        Mail = MailTemplates.AccountDeletion,
        MailValues = new Dictionary<string, string> { ["date"] = "2030-01-31" },
    };

    private static readonly ChangeNotice s_kept = new(AccountEventTypes.DeletionCancelled, new EventOrigin());

    private IAccountTransitions Transitions => database.Get<IAccountTransitions>();

    [Fact]
    public async Task A_request_ends_everything_and_tells_of_itself_in_one()
    {
        var scene = await Scene.CreateAsync(database);
        var token = await scene.FamilyAsync();

        Assert.Equal(new Ended(1, 1), await Transitions.RequestDeletionAsync(Request(scene, epoch: 0)));

        Assert.Null(await FindAsync(scene.SessionHandle));
        Assert.Equal(RefreshVerdict.Dead, await scene.RefreshAsync(token));
        await using var context = database.Context();
        var user = await context.Users.AsNoTracking().SingleAsync(it => it.Id == scene.UserId);
        Assert.InRange(user.DeleteAfter!.Value, Scene.Ago(TimeSpan.FromDays(-13)), Scene.Ago(TimeSpan.FromDays(-15)));
        var told = await context.Set<SecurityEventRow>().AsNoTracking().SingleAsync(it => it.SubjectId == scene.UserId);
        Assert.Equal((AccountEventTypes.DeletionRequested, "192.0.2.1", "Firefox"), (told.Type, told.RemoteAddress, told.UserAgent));
        var mail = Assert.Single((await context.Set<OutboxRow>().AsNoTracking().Where(row => row.Kind == OutgoingMail.Kind).ToListAsync())
            .Select(row => OutgoingMail.Parse(row.Payload)), mail => mail.Values["username"] == user.UserName);
        Assert.Equal((MailTemplates.AccountDeletion, "u@example.org", "2030-01-31", "192.0.2.1"), (mail.Template, mail.To, mail.Values["date"], mail.Values["address"]));

        var handle = Scene.Bytes();
        Assert.True(await scene.SaveSessionAsync(it => it with { Id = Scene.Id(), HandleHash = handle, UserEpoch = 1 }));
        Assert.Equal(user.DeleteAfter, (await FindAsync(handle))!.DeleteAfter);
    }

    [Fact]
    public async Task A_request_that_comes_late_changes_and_tells_nothing()
    {
        var scene = await Scene.CreateAsync(database);
        await Transitions.ResetPasswordAsync(scene.UserId, "hash");
        Assert.Null(await Transitions.RequestDeletionAsync(Request(scene, epoch: 0)));
        Assert.False(await Transitions.CancelDeletionAsync(scene.UserId, s_kept));
        await using var context = database.Context();
        Assert.Null((await context.Users.AsNoTracking().SingleAsync(it => it.Id == scene.UserId)).DeleteAfter);
        Assert.DoesNotContain(
            await context.Set<SecurityEventRow>().AsNoTracking().Where(it => it.SubjectId == scene.UserId).Select(it => it.Type).ToListAsync(),
            type => type is AccountEventTypes.DeletionRequested or AccountEventTypes.DeletionCancelled);
    }

    [Fact]
    public async Task Only_what_is_due_is_deleted_and_what_is_kept_is_not()
    {
        var (due, kept, later, never) = (await DueAsync(), await DueAsync(), await Scene.CreateAsync(database), await Scene.CreateAsync(database));
        await Transitions.RequestDeletionAsync(Request(later, epoch: 0));
        Assert.True(await Transitions.CancelDeletionAsync(kept.UserId, s_kept));

        await database.Get<DueDeletions>().RunAsync(CancellationToken.None);

        Assert.False(await ExistsAsync(due));
        Assert.True(await ExistsAsync(kept));
        Assert.True(await ExistsAsync(later));
        Assert.True(await ExistsAsync(never));
        Assert.Null(await Transitions.DeleteAsync(never.UserId, onlyIfDue: true));
        Assert.Null(await Transitions.DeleteAsync(later.UserId, onlyIfDue: true));
        Assert.True(await ExistsAsync(never));
        Assert.NotNull(await FindAsync(never.SessionHandle));
        await using var context = database.Context();
        Assert.Equal(1, await context.Set<SecurityEventRow>().CountAsync(it => it.SubjectId == due.UserId && it.Type == AccountEventTypes.AccountDeleted));
        Assert.Equal(0, await context.Set<SecurityEventRow>().CountAsync(it => it.SubjectId == never.UserId));
    }

    [Fact]
    public async Task A_lock_calls_the_deletion_off()
    {
        var scene = await DueAsync();
        await Transitions.LockAsync(scene.UserId, "test");

        await database.Get<DueDeletions>().RunAsync(CancellationToken.None);

        Assert.True(await ExistsAsync(scene));
        Assert.True(await Transitions.UnlockAsync(new Unlocking { UserId = scene.UserId }));
        Assert.Null(await Transitions.DeleteAsync(scene.UserId, onlyIfDue: true));
        Assert.True(await ExistsAsync(scene));
    }

    [Fact]
    public async Task Who_keeps_the_account_at_the_last_moment_keeps_all_of_it_or_is_told_that_it_is_gone()
    {
        for (var round = 0; round < 8; round++)
        {
            var scene = await DueAsync();
            using var start = new Barrier(2);
            var keep = Task.Run(() => Together(start, () => Transitions.CancelDeletionAsync(scene.UserId, s_kept)));
            var delete = Task.Run(() => Together(start, () => Transitions.DeleteAsync(scene.UserId, onlyIfDue: true)));

            Assert.Equal(await keep, await delete is null);
            Assert.Equal(await keep, await ExistsAsync(scene));
        }
    }

    [Fact]
    public async Task A_sign_in_that_races_the_deletion_leaves_no_session()
    {
        for (var round = 0; round < 8; round++)
        {
            var scene = await DueAsync();
            var handle = Scene.Bytes();
            using var start = new Barrier(2);
            var signIn = Task.Run(() => Together(start, () => scene.SaveSessionAsync(it => it with { Id = Scene.Id(), HandleHash = handle, UserEpoch = 1 })));
            var delete = Task.Run(() => Together(start, () => Transitions.DeleteAsync(scene.UserId, onlyIfDue: true)));
            await Task.WhenAll(signIn, delete);

            Assert.NotNull(await delete);
            Assert.Null(await FindAsync(handle));
            Assert.Empty(await database.Get<ISessionStore>().ListAsync(scene.UserId, CancellationToken.None));
        }
    }

    private static async Task<T> Together<T>(Barrier start, Func<Task<T>> act)
    {
        start.SignalAndWait();
        return await act();
    }

    private static DeletionRequest Request(Scene scene, long epoch) =>
        new() { UserId = scene.UserId, UserEpoch = epoch, Grace = TimeSpan.FromDays(14), Notice = s_notice };

    private async Task<Scene> DueAsync()
    {
        var scene = await Scene.CreateAsync(database);
        Assert.NotNull(await Transitions.RequestDeletionAsync(Request(scene, epoch: 0)));
        await using var context = database.Context();
        await context.Users.Where(user => user.Id == scene.UserId).ExecuteUpdateAsync(user => user.SetProperty(it => it.DeleteAfter, Scene.Ago(TimeSpan.FromMinutes(1))));
        return scene;
    }

    private Task<UserSession?> FindAsync(byte[] handle) =>
        database.Get<ISessionStore>().FindAsync(handle, TimeSpan.FromHours(10), CancellationToken.None);

    private async Task<bool> ExistsAsync(Scene scene)
    {
        await using var context = database.Context();
        return await context.Users.AnyAsync(user => user.Id == scene.UserId);
    }
}

public sealed class SqliteDeletionTests(SqliteTestDatabase database) : DeletionContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresDeletionTests(PostgresTestDatabase database) : DeletionContract(database), IClassFixture<PostgresTestDatabase>;
