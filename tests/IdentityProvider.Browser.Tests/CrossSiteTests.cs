namespace IdentityProvider.Browser.Tests;

/// <summary>Requests that come from another site, where browsers keep Lax cookies back.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class CrossSiteTests(Chromium chromium, Site site) : IClassFixture<Site>
{
    [Fact]
    public async Task A_cross_site_post_to_authorize_finds_the_session()
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        await alice.Page.HaveSessionAsync();

        await alice.Page.GotoAsync(site.App.PageThatPosts($"{site.Host.Issuer}/connect/authorize", site.AuthorizeParameters()));

        Assert.NotNull((await alice.Page.ReadAnswerAsync())["code"]);
        await AssertParkedAsync(alice, "/connect/authorize");
    }

    [Fact]
    public async Task A_cross_site_post_to_endsession_asks_whom_it_finds_signed_in()
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        await alice.Page.HaveSessionAsync();

        await alice.Page.GotoAsync(site.App.PageThatPosts(
            $"{site.Host.Issuer}/connect/endsession", ("client_id", "acme"), ("post_logout_redirect_uri", site.App.Bye)));

        await Expect(alice.Page.Locator(".account strong")).ToHaveTextAsync("alice");
        await AssertParkedAsync(alice, "/connect/endsession");
        await alice.Page.ClickAsync("#logout-confirm");
        await alice.Page.HasHeadingAsync("Signed out of the app");
    }

    [Fact]
    public async Task A_cross_site_post_with_an_id_token_of_the_session_signs_out_at_once()
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        await alice.Page.GotoAsync(site.AuthorizeUrl());
        await alice.Page.SignInAsync();
        var tokens = await site.RedeemAsync((await alice.Page.ReadAnswerAsync())["code"]!);

        await alice.Page.GotoAsync(site.App.PageThatPosts(
            $"{site.Host.Issuer}/connect/endsession",
            ("id_token_hint", tokens.GetProperty("id_token").GetString()!),
            ("post_logout_redirect_uri", site.App.Bye)));

        await alice.Page.HasHeadingAsync("Signed out of the app");
        Assert.Null(await alice.CookieAsync("idp.session"));
    }

    [Fact]
    public async Task A_silent_request_is_answered_at_the_top_but_not_in_a_frame_of_another_site()
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        await alice.Page.HaveSessionAsync();
        var silent = site.AuthorizeUrl("acme", ("prompt", "none"));

        await alice.Page.GotoAsync(silent);
        Assert.NotNull((await alice.Page.ReadAnswerAsync())["code"]);

        await alice.Page.GotoAsync(site.App.PageThatFrames(silent));
        await Expect(alice.Page.FrameLocator("iframe").Locator("#answer")).ToContainTextAsync("login_required");
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/account/login")]
    [InlineData("/account/logged-out")]
    [InlineData("/nothing-here")]
    public async Task A_page_of_ours_stays_empty_in_a_frame(string path)
    {
        await using var alice = await chromium.VisitAsync(site.Host);

        await alice.ProvokeAsync("frame-ancestors", () => alice.Page.GotoAsync(site.App.PageThatFrames(site.Host.Issuer + path)));

        Assert.Equal(0, await alice.Page.FrameLocator("iframe").Locator("main").CountAsync());
    }

    /// <summary>The POST came without the session, was answered by a redirect to ourselves, and that request had it.</summary>
    private static async Task AssertParkedAsync(Visitor visitor, string path)
    {
        var post = visitor.Requests.Single(request => request.Method == "POST" && new Uri(request.Url).AbsolutePath == path);
        Assert.DoesNotContain("idp.session", await post.HeaderValueAsync("cookie") ?? "", StringComparison.Ordinal);
        Assert.Equal(303, (await post.ResponseAsync())!.Status);

        var get = post.RedirectedTo!;
        Assert.Equal(("GET", path + "/continue"), (get.Method, new Uri(get.Url).AbsolutePath));
        Assert.Contains("idp.session", await get.HeaderValueAsync("cookie") ?? "", StringComparison.Ordinal);
    }
}
