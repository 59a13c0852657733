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
}
