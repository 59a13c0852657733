namespace IdentityProvider.Browser.Tests;

/// <summary>What pages tell the browser. Anything that the policy forbids and a page does fails every test of this project.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class HeaderTests(Chromium chromium, Site site) : IClassFixture<Site>
{
    [Theory]
    [InlineData("/", 200)]
    [InlineData("/account", 200)]
    [InlineData("/account/login", 200)]
    [InlineData("/account/logout", 200)]
    [InlineData("/account/logged-out", 200)]
    [InlineData("/consent", 400)]
    [InlineData("/error", 404)]
    [InlineData("/nothing-here", 404)]
    [InlineData("/connect/authorize?client_id=unknown", 400)]
    public async Task Every_page_is_strict_about_what_it_may_load_and_where_it_is_kept(string path, int status)
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        await alice.Page.HaveSessionAsync();

        var response = (await alice.Page.GotoAsync(path))!;

        Assert.Equal(status, response.Status);
        Assert.Equal(
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
            + "require-trusted-types-for 'script'; trusted-types 'none'",
            await response.HeaderValueAsync("content-security-policy"));
        Assert.Contains("no-store", await response.HeaderValueAsync("cache-control"), StringComparison.Ordinal);
        Assert.Equal("nosniff", await response.HeaderValueAsync("x-content-type-options"));
        Assert.Equal("DENY", await response.HeaderValueAsync("x-frame-options"));
        Assert.Equal("strict-origin", await response.HeaderValueAsync("referrer-policy"));
        Assert.Null(await response.HeaderValueAsync("strict-transport-security"));
        Assert.Null(await response.HeaderValueAsync("server"));
    }

    [Fact]
    public async Task An_address_with_an_interaction_is_not_told_to_anybody()
    {
        await using var alice = await chromium.VisitAsync(site.Host);

        var response = (await alice.Page.GotoAsync(site.AuthorizeUrl()))!;

        Assert.Contains("interaction=", response.Url, StringComparison.Ordinal);
        Assert.Equal("no-referrer", await response.HeaderValueAsync("referrer-policy"));
    }

    [Fact]
    public async Task Cookies_are_kept_from_scripts_and_from_other_sites()
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        await alice.Page.GotoAsync(site.AuthorizeUrl());
        await alice.Page.SignInAsync();
        await alice.Page.ReadAnswerAsync();

        var cookies = await alice.Context.CookiesAsync();
        Assert.Equal(
            ["idp.af", "idp.browser", "idp.device", "idp.last-method", "idp.passkey", "idp.session"],
            cookies.Select(cookie => cookie.Name).Order(StringComparer.Ordinal));
        Assert.All(cookies, cookie =>
        {
            Assert.True(cookie.HttpOnly);
            Assert.Equal(SameSiteAttribute.Lax, cookie.SameSite);
            Assert.Equal("/", cookie.Path);

            // What knows the browser again outlives it; what signs in does not.
            Assert.Equal(cookie.Name is "idp.device" or "idp.last-method", cookie.Expires > 0);
        });
    }

    [Fact]
    public async Task Keep_me_signed_in_makes_the_session_cookie_outlive_the_browser()
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        await alice.Page.GotoAsync("/account/login");
        await alice.Page.CheckAsync("#remember");
        await alice.Page.SignInAsync();
        await alice.Page.HasHeadingAsync("Your account");

        Assert.True((await alice.CookieAsync("idp.session"))!.Expires > 0);
    }
}
