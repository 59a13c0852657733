using System.Net;
using Xunit;

namespace IdentityProvider.Tests.Hosting;

public sealed class ServerTests
{
    [Fact]
    public async Task A_started_server_is_live_and_ready()
    {
        await using var host = await TestHost.StartAsync();

        using var live = await host.Http.GetAsync("/health/live");
        using var ready = await host.Http.GetAsync("/health/ready");

        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        var report = await ready.ReadJsonAsync();
        Assert.Equal("healthy", report.GetProperty("status").GetString());
        Assert.Equal("healthy", report.GetProperty("checks").GetProperty("database").GetProperty("status").GetString());
        Assert.Equal("healthy", report.GetProperty("checks").GetProperty("signing_keys").GetProperty("status").GetString());
    }

    [Fact]
    public async Task Somebody_signs_in_over_https_with_host_only_cookies()
    {
        await using var host = await TestHost.StartAsync(options => options.Https = true);

        var browser = await host.SignInAsync("alice");
        using var account = await browser.GetAsync("/account");

        Assert.Contains("alice", (await account.ReadHtmlAsync()).Body!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_gone_makes_the_server_unready_and_says_so_while_it_stays_live()
    {
        await using var host = await TestHost.StartAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        File.Move(Path.Combine(host.Directory, "idp.db"), Path.Combine(host.Directory, "moved.db"));
        Directory.CreateDirectory(Path.Combine(host.Directory, "idp.db"));

        using var ready = await host.Http.GetAsync("/health/ready");
        using var live = await host.Http.GetAsync("/health/live");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        var database = (await ready.ReadJsonAsync()).GetProperty("checks").GetProperty("database");
        Assert.Equal("unhealthy", database.GetProperty("status").GetString());
        Assert.Equal("The database cannot be reached.", database.GetProperty("reason").GetString());
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
    }

    [Fact]
    public async Task A_redis_that_is_away_degrades_and_does_not_make_the_server_unready()
    {
        await using var host = await TestHost.StartAsync(options => options.Settings["ConnectionStrings:Redis"] = "127.0.0.1:1");

        using var ready = await host.Http.GetAsync("/health/ready");

        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        var report = await ready.ReadJsonAsync();
        Assert.Equal("degraded", report.GetProperty("status").GetString());
        Assert.Equal("Redis cannot be reached.", report.GetProperty("checks").GetProperty("redis").GetProperty("reason").GetString());
    }
}
