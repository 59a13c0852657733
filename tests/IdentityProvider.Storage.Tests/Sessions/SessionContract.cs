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
