using System.Net;
using IdentityProvider.Storage.Database;
using IdentityProvider.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

/// <summary>
/// SQLite's limit belongs to a connection, so the test takes all that the server may get from the pool, and gives them back limited.
/// Nobody else in this process may empty the pool meanwhile.
/// </summary>
[Collection(Name)]
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class FullDiskTests
{
    private const string Name = "SQLite's pool of connections";
    private const int Connections = 16;
    private const long NoLimit = 1_000_000;

    [Fact]
    public async Task On_a_full_disk_what_writes_is_503_nothing_is_half_written_and_room_heals_it()
    {
        // A clock that stands still wakes no background service, which would take connections at its own time.
        await using var host = await TestHost.StartAsync(options => options.Time = new FakeTimeProvider(TimeProvider.System.GetUtcNow()));
        var database = host.Services.GetRequiredService<SqliteDataSource>();
        var browser = await host.SignInAsync("alice");
        var app = App.Web;
        var alive = await app.TokensAsync(browser);
        var codes = new Queue<string>();
        for (var i = 0; i < 40; i++)
        {
            codes.Enqueue(await app.CodeAsync(browser));
        }

        Limit(database, Read(database, "PRAGMA page_count"));
        var redeemed = 0L;
        Answer answer;
        while ((answer = await app.RedeemAsync(host.Http, codes.Peek())).Status == HttpStatusCode.OK)
        {
            redeemed++;
            codes.Dequeue();
        }

        answer.IsUnavailable();
        (await app.RedeemAsync(host.Http, codes.Peek())).IsUnavailable();
        Assert.Equal(codes.Count, Read(database, "SELECT count(*) FROM authorization_codes WHERE redeemed_at IS NULL"));
        Assert.Equal(redeemed + 1, Read(database, "SELECT count(*) FROM grants"));
        (await App.UserInfoAsync(host.Http, alive["access_token"])).Succeeds();
        var refused = await Eventually.BecomesAsync(
            async () => await Answer.ReadAsync(await browser.GetAsync(app.RequestUrl())),
            page => page.Status == HttpStatusCode.ServiceUnavailable,
            "There is no room for codes either");
        refused.IsUnavailablePage();

        Limit(database, NoLimit);
        Assert.All(await Task.WhenAll(codes.Select(code => app.RedeemAsync(host.Http, code))), it => it.Succeeds());
        await app.TokensAsync(browser);
    }

    private static void Limit(SqliteDataSource database, long pages)
    {
        var connections = Enumerable.Range(0, Connections).Select(_ => database.OpenConnection()).ToList();
        foreach (var connection in connections)
        {
            connection.Execute($"PRAGMA max_page_count = {pages}");
        }

        connections.ForEach(connection => connection.Dispose());
    }

    private static long Read(SqliteDataSource database, string sql)
    {
        using var connection = database.OpenConnection();
        using var command = connection.Command(sql);
        return (long)command.ExecuteScalar()!;
    }
}
