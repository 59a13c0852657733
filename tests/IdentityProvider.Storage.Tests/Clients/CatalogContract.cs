using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Consents;
using IdentityProvider.Protocol.Events;
using IdentityProvider.Protocol.Grants;
using IdentityProvider.Protocol.Scopes;
using IdentityProvider.Storage.Clients;
using IdentityProvider.Storage.Events;
using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Storage.Tests.Grants;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

namespace IdentityProvider.Storage.Tests.Clients;

public abstract class CatalogContract(TestDatabase database)
{
    private ICatalogStore Store => database.Get<ICatalogStore>();

    private IClientSource Clients => database.Get<IClientSource>();

    [Fact]
    public async Task What_is_applied_is_served_at_once_with_every_property()
    {
        var client = NewClient() with
        {
            RequirePkce = false,
            Profile = ClientProfile.Fapi2,
            RefreshTokenUsage = RefreshTokenUsage.OneTimeOnly,
            AllowedGrantTypes = ["authorization_code"],
            ClientSecrets = [new ClientSecret { Value = "hash", Expiration = new DateTimeOffset(2031, 1, 1, 0, 0, 0, TimeSpan.Zero) }],
            AllowedCorsOrigins = ["https://" + Scene.Id() + ".example"],
        };
        var api = new ApiResource { Name = client.ClientId + "-api", Scopes = ["read"], RequireResourceIndicator = true };
        await ApplyAsync(new CatalogContents
        {
            Clients = [client],
            ApiResources = [api],
            ApiScopes = [new ApiScope { Name = "read", Enabled = false }],
            IdentityResources = [new IdentityResource { Name = "profile", UserClaims = ["name"], ShowInDiscoveryDocument = false }],
        });

        var found = (await Clients.FindAsync(client.ClientId, CancellationToken.None))!;
        Assert.Equal(CatalogDocuments.Write(client), CatalogDocuments.Write(found));
        Assert.False(found.RequirePkce);
        Assert.Equal(ClientProfile.Fapi2, found.Profile);
        Assert.True(await Clients.AllowsOriginAsync(client.AllowedCorsOrigins[0], CancellationToken.None));
        var resources = await database.Get<IResourceSource>().GetAsync(CancellationToken.None);
        Assert.True(resources.ApiResources[api.Name].RequireResourceIndicator);
        Assert.False(resources.ApiScopes["read"].Enabled);
        Assert.Equal(["name"], resources.IdentityResources["profile"].UserClaims);
        Assert.Contains((await Store.LoadAsync(CancellationToken.None)).Clients, it => it.ClientId == client.ClientId);
        Assert.Null(await Clients.FindAsync(client.ClientId.ToUpperInvariant(), CancellationToken.None));
    }

    [Fact]
    public async Task A_disabled_client_is_served_as_disabled_and_allows_no_origin()
    {
        var client = NewClient() with { Enabled = false, AllowedCorsOrigins = ["https://" + Scene.Id() + ".example"] };
        await ApplyAsync(new CatalogContents { Clients = [client] });
        Assert.False((await Clients.FindAsync(client.ClientId, CancellationToken.None))!.Enabled);
        Assert.False(await Clients.AllowsOriginAsync(client.AllowedCorsOrigins[0], CancellationToken.None));
    }

    [Fact]
    public async Task A_row_that_cannot_be_read_is_left_out_and_named_and_takes_no_other_away()
    {
        var (good, bad) = (NewClient(), NewClient());
        await ApplyAsync(new CatalogContents { Clients = [good, bad] });
        await using (var context = database.Context())
        {
            await context.Database.ExecuteSqlAsync(
                $$"""UPDATE clients SET document = '{"ClientId": "x", "AccessTokenType": "OfALaterVersion"}' WHERE name = {{bad.ClientId}}""");
            await context.Database.ExecuteSqlAsync($"UPDATE catalog_version SET version = version + 1");
        }

        try
        {
            await using var other = database.NewInstance();
            var clients = other.GetRequiredService<IClientSource>();

            Assert.NotNull(await clients.FindAsync(good.ClientId, CancellationToken.None));
            Assert.Null(await clients.FindAsync(bad.ClientId, CancellationToken.None));
            var error = await Assert.ThrowsAsync<InvalidOperationException>(() => database.Get<ICatalogStore>().LoadAsync(CancellationToken.None));
            Assert.Contains($"'{bad.ClientId}' of clients", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            await ApplyAsync(new CatalogContents { Clients = [bad] });
        }
    }

    [Fact]
    public async Task What_is_applied_twice_changes_nothing()
    {
        var contents = new CatalogContents { Clients = [NewClient()] };
        await ApplyAsync(contents);
        var version = await database.Get<CatalogReader>().ReadVersionAsync(CancellationToken.None);
        var served = await database.Get<IResourceSource>().GetAsync(CancellationToken.None);

        await ApplyAsync(contents);

        Assert.Equal(version, await database.Get<CatalogReader>().ReadVersionAsync(CancellationToken.None));
        Assert.Same(served, await database.Get<IResourceSource>().GetAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Another_instance_sees_a_change_within_seconds()
    {
        await using var other = database.NewInstance();
        var cache = other.GetRequiredService<CatalogCache>();
        var client = NewClient();
        Assert.Null(await cache.FindAsync(client.ClientId, CancellationToken.None));
        await cache.StartAsync(CancellationToken.None);

        await ApplyAsync(new CatalogContents { Clients = [client] });

        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (await cache.FindAsync(client.ClientId, limit.Token) is null)
        {
            await Task.Delay(50, limit.Token);
        }

        await cache.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_removed_client_takes_its_grants_and_consents_along_for_good()
    {
        var scene = await Scene.CreateAsync(database);
        var family = await scene.FamilyAsync();
        var (inFlight, late) = (await scene.IssueAsync(), await scene.IssueAsync());
        var consents = database.Get<IConsentStore>();
        await consents.SaveAsync(scene.UserId, scene.ClientId, new ConsentAnswer(["openid"], []), null, CancellationToken.None);

        await Store.ApplyAsync(new CatalogContents(), new CatalogRemovals { Clients = [scene.ClientId] }, CancellationToken.None);

        Assert.Null(await Clients.FindAsync(scene.ClientId, CancellationToken.None));
        Assert.False(await scene.IsActiveAsync(family.FamilyId));
        Assert.Equal(CodeVerdict.Dead, (await scene.Grants.RedeemCodeAsync(inFlight)).Verdict);
        Assert.Null(await consents.FindAsync(scene.UserId, scene.ClientId, CancellationToken.None));
        Assert.Empty(await ListAsync(scene));
        await consents.SaveAsync(scene.UserId, scene.ClientId, new ConsentAnswer(["openid"], []), null, CancellationToken.None);

        await ApplyAsync(new CatalogContents { Clients = [new Client { ClientId = scene.ClientId }] });
        Assert.NotNull(await Clients.FindAsync(scene.ClientId, CancellationToken.None));
        Assert.False(await scene.IsActiveAsync(family.FamilyId));
        Assert.Equal(RefreshVerdict.Dead, await scene.RefreshAsync(family));
        Assert.Null(await consents.FindAsync(scene.UserId, scene.ClientId, CancellationToken.None));
        Assert.NotEqual(CodeVerdict.Redeemed, (await scene.Grants.RedeemCodeAsync(late)).Verdict);
        Assert.Empty(await ListAsync(scene));

        // Its own grants live, also when it changes.
        var own = await scene.FamilyAsync();
        await ApplyAsync(new CatalogContents { Clients = [new Client { ClientId = scene.ClientId, RequireConsent = true }] });
        Assert.True(await scene.IsActiveAsync(own.FamilyId));
        Assert.Single(await ListAsync(scene));
    }

    [Fact]
    public async Task Grants_of_a_disabled_client_live_again_when_it_is_enabled()
    {
        var scene = await Scene.CreateAsync(database);
        var family = await scene.FamilyAsync();
        await scene.DisableClientAsync();
        Assert.False(await scene.IsActiveAsync(family.FamilyId));
        await ApplyAsync(new CatalogContents { Clients = [new Client { ClientId = scene.ClientId }] });
        Assert.True(await scene.IsActiveAsync(family.FamilyId));
    }

    [Fact]
    public async Task Removed_resources_are_gone()
    {
        await ApplyAsync(new CatalogContents
        {
            ApiScopes = [new ApiScope { Name = "gone" }],
            ApiResources = [new ApiResource { Name = "gone" }],
            IdentityResources = [new IdentityResource { Name = "gone" }],
        });
        await Store.ApplyAsync(
            new CatalogContents(),
            new CatalogRemovals { ApiScopes = ["gone"], ApiResources = ["gone"], IdentityResources = ["gone", "never there"] },
            CancellationToken.None);
        var resources = await database.Get<IResourceSource>().GetAsync(CancellationToken.None);
        Assert.False(resources.ApiScopes.ContainsKey("gone"));
        Assert.False(resources.ApiResources.ContainsKey("gone"));
        Assert.False(resources.IdentityResources.ContainsKey("gone"));
    }

    [Fact]
    public async Task Instances_that_apply_the_same_at_once_agree()
    {
        var contents = new CatalogContents { Clients = [.. Enumerable.Range(0, 20).Select(_ => NewClient())] };
        await using var other = database.NewInstance();
        await Task.WhenAll(
            Task.Run(() => ApplyAsync(contents)),
            Task.Run(() => other.GetRequiredService<ICatalogStore>().ApplyAsync(contents, new CatalogRemovals(), CancellationToken.None)));
        var stored = (await Store.LoadAsync(CancellationToken.None)).Clients.Select(client => client.ClientId).ToHashSet();
        Assert.All(contents.Clients, client => Assert.Contains(client.ClientId, stored));
    }

    [Fact]
    public async Task What_becomes_of_a_client_is_noted_with_the_change_and_nothing_where_nothing_changes()
    {
        var client = NewClient();
        await ApplyAsync(new CatalogContents { Clients = [client] });
        await ApplyAsync(new CatalogContents { Clients = [client] });
        await ApplyAsync(new CatalogContents { Clients = [client with { RequireConsent = true }] });
        await Store.ApplyAsync(new CatalogContents(), new CatalogRemovals { Clients = [client.ClientId] }, CancellationToken.None);

        await ApplyAsync(new CatalogContents { Clients = [client] });

        await using var context = database.Context();
        Assert.Equal(
            [InstallationEventTypes.ClientCreated, InstallationEventTypes.ClientChanged, InstallationEventTypes.ClientRemoved, InstallationEventTypes.ClientCreated],
            await context.Set<SecurityEventRow>().Where(row => row.ClientId == client.ClientId).OrderBy(row => row.Id).Select(row => row.Type).ToListAsync());
    }

    private Task<IReadOnlyList<ConnectedApp>> ListAsync(Scene scene) =>
        database.Get<IConnectedAppStore>().ListAsync(scene.UserId, CancellationToken.None);

    private static Client NewClient() => new() { ClientId = "client-" + Scene.Id().ToString("N") };

    private Task ApplyAsync(CatalogContents contents) => Store.ApplyAsync(contents, new CatalogRemovals(), CancellationToken.None);
}

public sealed class SqliteCatalogTests(SqliteTestDatabase database) : CatalogContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresCatalogTests(PostgresTestDatabase database) : CatalogContract(database), IClassFixture<PostgresTestDatabase>
{
    private readonly PostgresTestDatabase _database = database;

    /// <summary>There may be millions of them.</summary>
    [Fact]
    public async Task The_removal_of_a_client_touches_none_of_its_grants()
    {
        var scene = await Scene.CreateAsync(_database);
        var family = await scene.FamilyAsync();
        await using var holder = await _database.Get<NpgsqlDataSource>().OpenConnectionAsync();
        await using var transaction = await holder.BeginTransactionAsync();
        await using var command = new NpgsqlCommand("SELECT 1 FROM grants WHERE id = $1 FOR UPDATE", holder);
        command.Parameters.AddWithValue(family.FamilyId);
        await command.ExecuteNonQueryAsync();

        await _database.Get<ICatalogStore>()
            .ApplyAsync(new CatalogContents(), new CatalogRemovals { Clients = [scene.ClientId] }, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(10));

        Assert.False(await scene.IsActiveAsync(family.FamilyId));
    }
}
