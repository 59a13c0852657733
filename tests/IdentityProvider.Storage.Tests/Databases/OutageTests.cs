using System.Net;
using System.Net.Sockets;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Grants;
using IdentityProvider.Storage.Clients;
using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Tests.Grants;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Xunit;

namespace IdentityProvider.Storage.Tests.Databases;

public sealed class OutageTests(SqliteTestDatabase database) : IClassFixture<SqliteTestDatabase>
{
    [Theory]
    [InlineData("40001", true)]
    [InlineData("40P01", true)]
    [InlineData("55P03", true)]
    [InlineData("25006", true)]
    [InlineData("08006", true)]
    [InlineData("53300", true)]
    [InlineData("57P01", true)]
    [InlineData("28P01", true)]
    [InlineData("28000", true)]
    [InlineData("3D000", true)]
    [InlineData("23505", false)]
    [InlineData("42P01", false)]
    public void A_state_of_PostgreSQL_is_an_outage_or_a_bug(string sqlState, bool outage)
    {
        var exception = new PostgresException("message", "ERROR", "ERROR", sqlState);
        Assert.Equal(outage, StorageOutage.IsOutage(exception));
        Assert.Equal(outage, StorageOutage.IsOutage(new DbUpdateException("outer", new InvalidOperationException("middle", exception))));
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(6, true)]
    [InlineData(8, true)]
    [InlineData(10, true)]
    [InlineData(13, true)]
    [InlineData(14, true)]
    [InlineData(1, false)]
    [InlineData(19, false)]
    public void A_code_of_SQLite_is_an_outage_or_a_bug(int code, bool outage) =>
        Assert.Equal(outage, StorageOutage.IsOutage(new SqliteException("message", code)));

    [Fact]
    public void The_drivers_own_failures_are_outages_and_other_exceptions_are_not()
    {
        Assert.True(StorageOutage.IsOutage(new NpgsqlException("refused", new SocketException())));
        Assert.True(StorageOutage.IsOutage(new NpgsqlException("slow", new TimeoutException())));
        Assert.True(StorageOutage.IsOutage(new NpgsqlException("broken", new IOException())));
        Assert.False(StorageOutage.IsOutage(new InvalidOperationException("a bug", new TimeoutException())));
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_an_outage_for_stores_and_probe()
    {
        await using var services = TestDatabase.Build(new StorageOptions
        {
            Provider = DatabaseProvider.Postgres,
            ConnectionString = "Host=127.0.0.1;Port=1;Username=x;Database=x",
        });
        var exception = await Assert.ThrowsAnyAsync<Exception>(
            () => services.GetRequiredService<IGrantStore>().RevokeGrantAsync(Scene.Id(), "x", "x"));
        Assert.True(StorageOutage.IsOutage(exception));
        exception = await Assert.ThrowsAnyAsync<Exception>(
            async () => await services.GetRequiredService<IClientSource>().FindAsync("x", CancellationToken.None));
        Assert.True(StorageOutage.IsOutage(exception));
        Assert.Equal(
            new DatabaseHealth(false, "The database cannot be reached."),
            await services.GetRequiredService<DatabaseProbe>().CheckAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_full_disk_is_an_outage_and_burns_no_code()
    {
        var scene = await Scene.CreateAsync(database);
        var code = await scene.IssueAsync();
        var capped = new SqliteDataSource(database.Options.ConnectionString + ";Pooling=False");
        await using (var connection = capped.OpenConnection())
        {
            var exception = Assert.Throws<SqliteException>(() => FillUp(connection));
            Assert.True(StorageOutage.IsOutage(exception));
        }

        Assert.Equal(CodeVerdict.Redeemed, (await scene.Grants.RedeemCodeAsync(code)).Verdict);
    }

    [Fact]
    public async Task The_catalog_in_memory_is_not_believed_after_ten_seconds_without_contact()
    {
        var copy = new SqliteTestDatabase();
        await copy.InitializeAsync();
        await copy.Get<ICatalogStore>().ApplyAsync(
            new CatalogContents { Clients = [new Client { ClientId = "web", AllowedCorsOrigins = ["https://web.example"] }] }, new CatalogRemovals(), CancellationToken.None);
        var time = new FakeTimeProvider();
        using var cache = new CatalogCache(copy.Get<CatalogReader>(), time, NullLogger<CatalogCache>.Instance);
        Assert.NotNull(await cache.FindAsync("web", CancellationToken.None));
        await copy.DisposeAsync();

        time.Advance(TimeSpan.FromSeconds(9));
        Assert.NotNull(await cache.FindAsync("web", CancellationToken.None));
        time.Advance(TimeSpan.FromSeconds(1));
        var exception = await Assert.ThrowsAnyAsync<Exception>(async () => await cache.FindAsync("web", CancellationToken.None));
        Assert.True(StorageOutage.IsOutage(exception));

        // That there is an outage, the app in the browser may read.
        Assert.True(await cache.AllowsOriginAsync("https://web.example", CancellationToken.None));
    }

    [Fact]
    public async Task A_database_that_does_not_answer_fails_those_who_wait_for_the_catalog_together()
    {
        using var hole = new TcpListener(IPAddress.Loopback, 0);
        hole.Start();
        await using var services = TestDatabase.Build(new StorageOptions
        {
            Provider = DatabaseProvider.Postgres,
            ConnectionString = $"Host=127.0.0.1;Port={((IPEndPoint)hole.LocalEndpoint).Port};Username=x;Database=x;Timeout=1;Pooling=false",
        });
        var clients = services.GetRequiredService<IClientSource>();
        var began = TimeProvider.System.GetTimestamp();

        await Task.WhenAll(Enumerable.Range(0, 20).Select(async _ =>
            Assert.True(StorageOutage.IsOutage(await Assert.ThrowsAnyAsync<Exception>(async () => await clients.FindAsync("x", CancellationToken.None))))));

        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(10));
    }

    private static void FillUp(SqliteConnection connection)
    {
        using var size = connection.Command("PRAGMA page_count");
        connection.Execute($"PRAGMA max_page_count = {size.ExecuteScalar()}");
        using var transaction = connection.BeginTransaction(deferred: false);
        connection.Execute("UPDATE authorization_codes SET redeemed_at = 1");
        connection.Execute("INSERT INTO data_protection_keys (friendly_name, xml) VALUES ('x', hex(zeroblob(1000000)))");
        transaction.Commit();
    }
}
