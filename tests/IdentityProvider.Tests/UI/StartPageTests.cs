using System.Net;
using IdentityProvider.Tests.Configuration;
using Xunit;

namespace IdentityProvider.Tests.UI;

/// <summary>What the first page tells, and to whom.</summary>
public sealed class StartPageTests
{
    private const string Password = "Password-Of-Carol";
    private const string Carol = $$"""{ "Users": [{ "Username": "carol", "Password": "{{Password}}" }] }""";

    [Fact]
    public async Task In_Development_it_shows_issuer_discovery_account_demo_clients_and_demo_users()
    {
        await using var host = await TestHost.StartAsync(options => options.ExtraSeed = Carol);

        using var response = await host.Http.GetAsync("/");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var page = await response.ReadHtmlAsync();
        Assert.Equal(host.Issuer, page.QuerySelector("section[aria-labelledby=server] code")!.TextContent);
        using var discovery = await host.Http.GetAsync(page.QuerySelector("a[href$=openid-configuration]")!.GetAttribute("href"));
        Assert.Equal(host.Issuer, (await discovery.ReadJsonAsync()).GetProperty("issuer").GetString());
        Assert.Equal("/account/login", page.GetElementById("account-link")!.GetAttribute("href"));
        Assert.Equal(["web", "spa", "native", "machine", "partner"], page.QuerySelectorAll("section[aria-labelledby=clients] dt code").Select(code => code.TextContent));
        Assert.Equal(
            [("alice", "alice"), ("bob", "bob"), ("carol", Password)],
            page.QuerySelectorAll("section[aria-labelledby=users] dl > div").Select(row => (row.QuerySelector("dt")!.TextContent, row.QuerySelector("dd")!.TextContent)));
    }

    [Fact]
    public async Task Who_is_signed_in_is_led_to_the_account()
    {
        await using var host = await TestHost.StartAsync();
        var browser = await host.SignInAsync("alice");

        using var response = await browser.GetAsync("/");

        Assert.Equal("/account", (await response.ReadHtmlAsync()).GetElementById("account-link")!.GetAttribute("href"));
    }

    [Theory]
    [InlineData("Production")]
    [InlineData("Staging")]
    public async Task Anywhere_else_it_shows_no_person_no_password_and_no_client(string environment)
    {
        await using var host = await TestHost.StartAsync(options =>
        {
            options.Environment = environment;
            options.Settings["MasterKey"] = Startup.Production["MasterKey"];
            options.Settings["Production:Allow"] = "HttpIssuer, Sqlite, DemoSeed";
            options.ExtraSeed = Carol;
        });

        // The demo people are there, and may even sign in.
        await host.SignInAsync("carol", Password);
        using var response = await host.Http.GetAsync("/");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var page = await response.ReadHtmlAsync();
        Assert.Equal(host.Issuer, page.QuerySelector("section[aria-labelledby=server] code")!.TextContent);
        Assert.NotNull(page.QuerySelector("a[href$=openid-configuration]"));
        Assert.All(["users", "clients"], section => Assert.Null(page.GetElementById(section)));
        var html = page.DocumentElement.OuterHtml;
        Assert.All([Password, "carol", "alice", "bob", "machine", "-secret", "/dev/"], text => Assert.DoesNotContain(text, html, StringComparison.OrdinalIgnoreCase));
    }
}
