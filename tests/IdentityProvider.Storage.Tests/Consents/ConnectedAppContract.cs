using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Protocol.Consents;
using IdentityProvider.Storage.Grants;
using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Storage.Tests.Grants;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace IdentityProvider.Storage.Tests.Consents;

/// <summary>What clients hold of a person.</summary>
public abstract class ConnectedAppContract(TestDatabase database)
{
    [Fact]
    public async Task A_consent_and_the_grants_of_a_client_are_one_app()
    {
        var scene = await Scene.CreateAsync(database);
        await ConsentAsync(scene, ["openid", "email"], lifetime: null);
        Assert.Null((await OnlyAsync(scene)).LastUsedAt);

        await scene.FamilyAsync(it => it with { EndsWithSession = true });
        var app = await OnlyAsync(scene);
        Assert.Equal((scene.ClientId, false), (app.ClientId, app.Offline));
        Assert.Contains("email", app.Scopes);
        Assert.Contains("openid", app.Scopes);
        Assert.NotNull(app.LastUsedAt);

        await scene.FamilyAsync();
        Assert.True((await OnlyAsync(scene)).Offline);
    }

    [Fact]
    public async Task What_is_over_is_not_listed()
    {
        var scene = await Scene.CreateAsync(database);
        await ConsentAsync(scene, ["openid"], TimeSpan.FromSeconds(-1));
        Assert.Empty(await ListAsync(scene));

        await scene.FamilyAsync(it => it with { EndsWithSession = true });
        await database.Get<ISessionStore>().EndAsync(scene.SessionId, "test");
        Assert.Empty(await ListAsync(scene));

        var detached = await Scene.CreateAsync(database);
        await detached.FamilyAsync();
        Assert.NotEmpty(await ListAsync(detached));
        await using (var context = database.Context())
        {
            await context.Set<GrantRow>().Where(grant => grant.SubjectId == detached.UserId).ExecuteUpdateAsync(grant => grant.SetProperty(it => it.IdleExpiresAt, DateTimeOffset.UnixEpoch));
        }

        Assert.Empty(await ListAsync(detached));
    }

    [Fact]
    public async Task An_end_of_everything_and_a_withdrawal_empty_the_list_of_one_person_only()
    {
        var (scene, other) = (await Scene.CreateAsync(database), await Scene.CreateAsync(database));
        await scene.FamilyAsync();
        await other.FamilyAsync();
        await ConsentAsync(other, ["openid"], lifetime: null);

        await database.Get<IAccountTransitions>().LockAsync(scene.UserId, "test");
        Assert.Empty(await ListAsync(scene));
        Assert.NotEmpty(await ListAsync(other));

        await database.Get<IAccountTransitions>().WithdrawConsentAsync(other.UserId, other.ClientId);
        Assert.Empty(await ListAsync(other));
    }

    private Task ConsentAsync(Scene scene, IReadOnlyList<string> scopes, TimeSpan? lifetime) =>
        database.Get<IConsentStore>().SaveAsync(scene.UserId, scene.ClientId, new ConsentAnswer(scopes, []), lifetime, CancellationToken.None);

    private async Task<ConnectedApp> OnlyAsync(Scene scene) => Assert.Single(await ListAsync(scene));

    private Task<IReadOnlyList<ConnectedApp>> ListAsync(Scene scene) =>
        database.Get<IConnectedAppStore>().ListAsync(scene.UserId, CancellationToken.None);
}

public sealed class SqliteConnectedAppTests(SqliteTestDatabase database) : ConnectedAppContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresConnectedAppTests(PostgresTestDatabase database) : ConnectedAppContract(database), IClassFixture<PostgresTestDatabase>;
