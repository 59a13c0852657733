using System.Net;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Account;

/// <summary>The apps that have access to an account.</summary>
public sealed class ConnectedAppTests(AccountServer server) : IClassFixture<AccountServer>
{
    private Provider Provider => server.Provider;

    [Fact]
    public async Task An_app_is_listed_with_what_it_may_do_until_its_access_is_removed()
    {
        var browser = await server.SignInAsync("ada");
        Assert.Empty((await browser.GetAsync("/account/apps")).Document.QuerySelectorAll(".app"));
        var client = Provider.Client("web");
        var tokens = await client.SignInAsync(browser, "openid profile offline_access");

        var page = await browser.GetAsync("/grants");
        Assert.Equal("/account/apps", page.Url.AbsolutePath);
        var app = Assert.Single(page.Document.QuerySelectorAll(".app"));
        Assert.Contains("See your profile", app.TextContent, StringComparison.Ordinal);

        page = await browser.GetAsync(app.QuerySelector("a")!.GetAttribute("href")!);
        page = await browser.SubmitAsync(page, "withdraw-submit");

        Assert.Equal("/account/apps", page.Url.AbsolutePath);
        Assert.Empty(page.Document.QuerySelectorAll(".app"));
        (await client.RefreshAsync(tokens.RefreshToken)).Fails("invalid_grant");
    }

    [Fact]
    [Trait("row", "D6")]
    public async Task The_access_of_an_app_to_somebody_else_is_not_removed()
    {
        var (ben, dora) = (await server.SignInAsync("ben"), await server.SignInAsync("dora"));
        var client = Provider.Client("web");
        var hers = await client.SignInAsync(dora, "openid offline_access");
        await Provider.Client("strict").SignInAsync(ben);
        var link = (await dora.GetAsync("/account/apps")).Document.QuerySelector(".app a")!.GetAttribute("href")!;
        var form = await ben.GetAsync((await ben.GetAsync("/account/apps")).Document.QuerySelector(".app a")!.GetAttribute("href")!);
        var token = form.Document.QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!;

        Assert.Equal("/account/apps", (await ben.GetAsync(link)).Url.AbsolutePath);
        Assert.Equal("/account/apps", (await ben.PostAsync(link, [KeyValuePair.Create("__RequestVerificationToken", token)])).Url.AbsolutePath);

        (await client.RefreshAsync(hers.RefreshToken)).Succeeds();
        Assert.Single((await ben.GetAsync("/account/apps")).Document.QuerySelectorAll(".app"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nobody")]
    [InlineData("%00")]
    [InlineData("<script>")]
    public async Task What_is_no_app_leads_back_to_the_list(string app)
    {
        var browser = await server.SignInAsync("emil");
        var page = await browser.GetAsync("/account/apps/remove?app=" + app);
        Assert.Equal((HttpStatusCode.OK, "/account/apps"), (page.Status, page.Url.AbsolutePath));
    }
}
