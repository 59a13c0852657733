using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Storage.Sessions;
using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Storage.Tests.Grants;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace IdentityProvider.Storage.Tests.Sessions;

public abstract class SessionContract(TestDatabase database)
{
    private static readonly TimeSpan _idle = TimeSpan.FromHours(10);

    private ISessionStore Sessions => database.Get<ISessionStore>();

    [Fact]
    public async Task A_session_is_found_by_its_handle_with_what_was_stored()
    {
        var scene = await Scene.CreateAsync(database);
        await scene.SaveSessionAsync(it => it with { Persistent = true, Amr = ["pwd", "otp"], Acr = "2" });

        var session = (await FindAsync(scene))!;

        Assert.Equal(
            (scene.SessionId, scene.UserId, "u" + scene.UserId.ToString("N"), 0, "2", true),
            (session.Id, session.UserId, session.Username, session.UserEpoch, session.Acr, session.Persistent));
        Assert.Equal(["pwd", "otp"], session.Amr);
        Assert.InRange(session.AuthTime, Scene.Ago(TimeSpan.FromMinutes(1)), session.Now);
        Assert.Equal(session.AuthTime + TimeSpan.FromDays(30), session.ExpiresAt);
        Assert.Null(await Sessions.FindAsync(Scene.Bytes(), _idle, CancellationToken.None));
    }

    [Fact]
    public async Task Who_signed_in_elsewhere_a_while_ago_has_done_so_then()
    {
        var scene = await Scene.CreateAsync(database);
        await scene.SaveSessionAsync(it => it with { Age = TimeSpan.FromHours(3) });

        var session = (await FindAsync(scene))!;

        Assert.InRange(session.AuthTime, Scene.Ago(TimeSpan.FromHours(3.1)), Scene.Ago(TimeSpan.FromHours(2.9)));
        Assert.True(session.ExpiresAt > session.Now + TimeSpan.FromDays(29.9));
    }

    [Theory]
    [InlineData(Death.UserDisabled)]
    [InlineData(Death.EpochRaised)]
    [InlineData(Death.SessionEnded)]
    [InlineData(Death.SessionOver)]
    public async Task A_session_dies_with_its_person_its_end_and_its_time(Death death)
    {
        var scene = await Scene.CreateAsync(database);
        await scene.InflictAsync(death);
        Assert.Null(await FindAsync(scene));
    }

    [Fact]
    public async Task An_idle_session_is_over()
    {
        var scene = await Scene.CreateAsync(database);
        await scene.ExpireSessionAsync(absolute: false);
        Assert.Null(await FindAsync(scene));
    }

    [Theory]
    [InlineData(Death.UserDisabled)]
    [InlineData(Death.EpochRaised)]
    public async Task No_session_is_made_for_a_person_who_is_dead_or_of_another_epoch_by_now(Death death)
    {
        var scene = await Scene.CreateAsync(database);
        await scene.InflictAsync(death);
        Assert.False(await scene.SaveSessionAsync(it => it with { Id = Scene.Id(), HandleHash = Scene.Bytes() }));
        Assert.False(await scene.SaveSessionAsync(it => it with { Id = Scene.Id(), HandleHash = Scene.Bytes(), UserId = Scene.Id() }));
    }

    [Fact]
    public async Task Authenticating_again_renews_the_session_under_a_new_handle()
    {
        var scene = await Scene.CreateAsync(database);
        var before = (await FindAsync(scene))!;
        var handle = Scene.Bytes();
        Assert.True(await scene.SaveSessionAsync(it => it with { HandleHash = handle, Acr = "2", Amr = ["otp"], Persistent = true }));

        Assert.Null(await FindAsync(scene));
        var after = (await Sessions.FindAsync(handle, _idle, CancellationToken.None))!;
        Assert.Equal((scene.SessionId, "2", true), (after.Id, after.Acr, after.Persistent));
        Assert.Equal(["otp"], after.Amr);
        Assert.True(after.AuthTime > before.AuthTime);
        Assert.True(after.ExpiresAt > before.ExpiresAt);
    }

    [Fact]
    public async Task An_ended_session_and_another_persons_cannot_be_renewed()
    {
        var scene = await Scene.CreateAsync(database);
        var stranger = await Scene.CreateAsync(database);
        Assert.False(await scene.SaveSessionAsync(it => it with { UserId = stranger.UserId, HandleHash = Scene.Bytes() }));
        Assert.NotNull(await FindAsync(scene));

        await scene.EndSessionAsync();
        Assert.False(await scene.SaveSessionAsync());
        Assert.Null(await FindAsync(scene));
    }

    [Fact]
    public async Task Use_extends_the_idle_expiry_only_when_less_than_half_is_left()
    {
        var scene = await Scene.CreateAsync(database);
        var made = (await RowAsync(scene)).IdleExpiresAt;
        await FindAsync(scene);
        Assert.Equal(made, (await RowAsync(scene)).IdleExpiresAt);

        await SetIdleAsync(scene, Scene.Ago(-_idle / 2 + TimeSpan.FromMinutes(1)));
        var found = (await FindAsync(scene))!;
        Assert.Equal(found.Now + _idle, (await RowAsync(scene)).IdleExpiresAt);
    }

    [Fact]
    public async Task The_idle_expiry_never_passes_the_absolute_one()
    {
        var scene = await Scene.CreateAsync(database);
        await scene.SaveSessionAsync(it => it with { IdleLifetime = TimeSpan.FromDays(60) });
        var row = await RowAsync(scene);
        Assert.Equal(row.AbsoluteExpiresAt, row.IdleExpiresAt);

        await SetIdleAsync(scene, Scene.Ago(TimeSpan.FromMinutes(-1)));
        await Sessions.FindAsync(scene.SessionHandle, TimeSpan.FromDays(60), CancellationToken.None);
        row = await RowAsync(scene);
        Assert.Equal(row.AbsoluteExpiresAt, row.IdleExpiresAt);
    }

    [Fact]
    public async Task The_first_reason_of_an_end_stays()
    {
        var scene = await Scene.CreateAsync(database);
        await scene.EndSessionAsync();
        await Sessions.EndAsync(scene.SessionId, "expired");
        Assert.Equal("logout", (await RowAsync(scene)).EndReason);
    }

    [Fact]
    public async Task A_persons_live_sessions_are_listed_the_newest_first()
    {
        var scene = await Scene.CreateAsync(database);
        await Scene.CreateAsync(database);
        var (newer, ended) = (Scene.Id(), Scene.Id());
        await scene.SaveSessionAsync(it => it with { Id = ended, HandleHash = Scene.Bytes() });
        await Sessions.EndAsync(ended, "logout");
        await scene.SaveSessionAsync(it => it with
        {
            Id = newer, HandleHash = Scene.Bytes(), Acr = "2", Persistent = true, RemoteAddress = "192.0.2.7", UserAgent = "Firefox",
        });
        await scene.IssueAsync(code => code with { SessionId = newer });

        var sessions = await Sessions.ListAsync(scene.UserId, CancellationToken.None);

        Assert.Equal([newer, scene.SessionId], sessions.Select(session => session.Id));
        Assert.Equal(
            ("2", true, "192.0.2.7", "Firefox", _idle, TimeSpan.FromDays(30)),
            (sessions[0].Acr, sessions[0].Persistent, sessions[0].RemoteAddress, sessions[0].UserAgent,
                sessions[0].IdleExpiresAt - sessions[0].AuthTime, sessions[0].ExpiresAt - sessions[0].AuthTime));
        Assert.Equal([scene.ClientId], sessions[0].Clients);
        Assert.Empty(sessions[1].Clients);
    }

    [Theory]
    [InlineData(Death.UserDisabled)]
    [InlineData(Death.EpochRaised)]
    [InlineData(Death.SessionOver)]
    public async Task Dead_sessions_are_not_listed(Death death)
    {
        var scene = await Scene.CreateAsync(database);
        await scene.InflictAsync(death);
        Assert.Empty(await Sessions.ListAsync(scene.UserId, CancellationToken.None));
    }

    [Fact]
    public async Task An_idle_session_is_found_as_such_until_its_end_and_listed_when_clients_have_joined_it()
    {
        var scene = await Scene.CreateAsync(database);
        Assert.Null(await Sessions.FindIdleAsync(scene.SessionHandle, CancellationToken.None));
        await scene.IssueAsync();
        await scene.ExpireSessionAsync(absolute: false);

        var idle = (await Sessions.FindIdleAsync(scene.SessionHandle, CancellationToken.None))!;
        Assert.Equal((scene.SessionId, scene.UserId, "u" + scene.UserId.ToString("N"), 0), (idle.Id, idle.UserId, idle.Username, idle.UserEpoch));
        Assert.Null(await FindAsync(scene));
        Assert.Equal([scene.SessionId], (await Sessions.ListAsync(scene.UserId, CancellationToken.None)).Select(session => session.Id));

        await scene.ExpireSessionAsync(absolute: true);
        Assert.Null(await Sessions.FindIdleAsync(scene.SessionHandle, CancellationToken.None));
        Assert.Empty(await Sessions.ListAsync(scene.UserId, CancellationToken.None));
    }

    [Fact]
    public async Task A_browser_that_never_received_the_new_handle_finds_and_ends_its_session_by_the_one_before()
    {
        var scene = await Scene.CreateAsync(database);
        await scene.IssueAsync();
        var (second, third) = (Scene.Bytes(), Scene.Bytes());
        await scene.SaveSessionAsync(it => it with { HandleHash = second });

        Assert.Null(await FindAsync(scene));
        Assert.Equal(scene.SessionId, (await Sessions.FindIdleAsync(scene.SessionHandle, CancellationToken.None))!.Id);
        Assert.Null(await Sessions.FindIdleAsync(second, CancellationToken.None));

        await scene.SaveSessionAsync(it => it with { HandleHash = third });
        Assert.Null(await Sessions.FindIdleAsync(scene.SessionHandle, CancellationToken.None));
        Assert.Null(await Sessions.EndByHandleAsync(scene.SessionHandle, "logout"));

        Assert.Equal([scene.ClientId], (await Sessions.EndByHandleAsync(second, "logout"))!.Clients);
        Assert.Null(await Sessions.FindAsync(third, _idle, CancellationToken.None));
    }

    [Fact]
    public async Task An_idle_session_in_which_no_client_has_anything_is_not_listed()
    {
        var scene = await Scene.CreateAsync(database);
        await scene.ExpireSessionAsync(absolute: false);
        Assert.Empty(await Sessions.ListAsync(scene.UserId, CancellationToken.None));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_handle_ends_its_session_once_whether_it_has_expired_or_not(bool? absolute)
    {
        var scene = await Scene.CreateAsync(database);
        await scene.IssueAsync();
        if (absolute is { } expired)
        {
            await scene.ExpireSessionAsync(expired);
        }

        Assert.Null(await Sessions.EndByHandleAsync(Scene.Bytes(), "logout"));
        var ended = (await Sessions.EndByHandleAsync(scene.SessionHandle, "logout"))!;
        Assert.Equal((scene.SessionId, scene.UserId), (ended.Id, ended.UserId));
        Assert.Equal([scene.ClientId], ended.Clients);
        Assert.Equal("logout", (await RowAsync(scene)).EndReason);
        Assert.Null(await Sessions.EndByHandleAsync(scene.SessionHandle, "logout"));
        Assert.Null(await Sessions.FindIdleAsync(scene.SessionHandle, CancellationToken.None));
    }

    [Fact]
    public async Task All_sessions_of_a_person_end_but_the_one_that_is_kept()
    {
        var (scene, bystander) = (await Scene.CreateAsync(database), await Scene.CreateAsync(database));
        foreach (var _ in Enumerable.Range(0, 2))
        {
            await scene.SaveSessionAsync(it => it with { Id = Scene.Id(), HandleHash = Scene.Bytes() });
        }

        Assert.Equal(2, await Sessions.EndAllAsync(scene.UserId, "others", scene.SessionId));
        Assert.Equal([scene.SessionId], (await Sessions.ListAsync(scene.UserId, CancellationToken.None)).Select(session => session.Id));
        Assert.Equal(1, await Sessions.EndAllAsync(scene.UserId, "all"));
        Assert.Null(await FindAsync(scene));
        Assert.NotNull(await FindAsync(bystander));
    }

    [Fact]
    public async Task A_person_ends_their_own_sessions_only()
    {
        var (scene, stranger) = (await Scene.CreateAsync(database), await Scene.CreateAsync(database));
        Assert.Null(await Sessions.EndAsync(scene.SessionId, "ended", stranger.UserId));
        Assert.NotNull(await FindAsync(scene));
        Assert.NotNull(await Sessions.EndAsync(scene.SessionId, "ended", scene.UserId));
        Assert.Null(await FindAsync(scene));
    }

    private Task<UserSession?> FindAsync(Scene scene) => Sessions.FindAsync(scene.SessionHandle, _idle, CancellationToken.None);

    private async Task<SessionRow> RowAsync(Scene scene)
    {
        await using var context = database.Context();
        return await context.Set<SessionRow>().SingleAsync(row => row.Id == scene.SessionId);
    }

    private async Task SetIdleAsync(Scene scene, DateTimeOffset idle)
    {
        await using var context = database.Context();
        await context.Set<SessionRow>().Where(row => row.Id == scene.SessionId)
            .ExecuteUpdateAsync(row => row.SetProperty(it => it.IdleExpiresAt, idle));
    }
}

public sealed class SqliteSessionTests(SqliteTestDatabase database) : SessionContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresSessionTests(PostgresTestDatabase database) : SessionContract(database), IClassFixture<PostgresTestDatabase>;
