namespace IdentityProvider.Browser.Tests;

/// <summary>Sign-in, consent and sign-out with an app on another site.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class CodeFlowTests(Chromium chromium, Site site) : IClassFixture<Site>
{
    [Theory]
    [InlineData("query")]
    [InlineData("fragment")]
    [InlineData("form_post")]
    public async Task The_answer_reaches_an_app_on_another_site(string mode)
    {
        await using var alice = await chromium.VisitAsync(site.Host);

        var response = await alice.Page.GotoAsync(site.AuthorizeUrl("acme", ("response_mode", mode)));
        await alice.Page.HasHeadingAsync("Sign in to Acme Web");
        Assert.Contains($"form-action 'self' {site.App.Origin};", await response!.HeaderValueAsync("content-security-policy"), StringComparison.Ordinal);
        await alice.Page.SignInAsync();

        var answer = await alice.Page.ReadAnswerAsync();
        Assert.Equal(mode, answer.By);
        Assert.Equal("af0ifjsldkj", answer["state"]);
        Assert.Equal(site.Host.Issuer, answer["iss"]);
        var tokens = await site.RedeemAsync(answer["code"]!);
        Assert.True(tokens.TryGetProperty("id_token", out _));
    }

    [Fact]
    public async Task A_person_who_is_signed_in_is_not_asked_again()
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        await alice.Page.HaveSessionAsync();

        await alice.Page.GotoAsync(site.AuthorizeUrl());

        Assert.NotNull((await alice.Page.ReadAnswerAsync())["code"]);
    }

    [Theory]
    [InlineData("query")]
    [InlineData("form_post")]
    public async Task A_person_who_allows_goes_back_with_a_code(string mode)
    {
        await using var alice = await chromium.VisitAsync(site.Host);

        await alice.Page.GotoAsync(site.AuthorizeUrl("printshop", ("response_mode", mode)));
        await alice.Page.SignInAsync();
        await alice.Page.HasHeadingAsync("Allow Print Shop access?");
        Assert.True(await alice.Page.Locator(".client-logo").EvaluateAsync<bool>("logo => logo.decode().then(() => logo.naturalWidth > 0)"));
        await alice.Page.ClickAsync("#consent-allow");

        var answer = await alice.Page.ReadAnswerAsync();
        Assert.Equal(mode, answer.By);
        var tokens = await site.RedeemAsync(answer["code"]!, "printshop");
        Assert.Equal("openid profile email", tokens.GetProperty("scope").GetString());
    }

    [Fact]
    public async Task What_is_not_ticked_is_not_granted()
    {
        await using var bob = await chromium.VisitAsync(site.Host);

        await bob.Page.GotoAsync(site.AuthorizeUrl("printshop"));
        await bob.Page.SignInAsync("bob");
        await bob.Page.UncheckAsync("input[name=scope][value=email]");
        await bob.Page.ClickAsync("#consent-allow");

        var tokens = await site.RedeemAsync((await bob.Page.ReadAnswerAsync())["code"]!, "printshop");
        Assert.Equal("openid profile", tokens.GetProperty("scope").GetString());
    }

    [Fact]
    public async Task A_person_who_refuses_goes_back_with_access_denied()
    {
        await using var alice = await chromium.VisitAsync(site.Host);

        await alice.Page.GotoAsync(site.AuthorizeUrl("printshop"));
        await alice.Page.SignInAsync();
        await alice.Page.ClickAsync("#consent-deny");

        var answer = await alice.Page.ReadAnswerAsync();
        Assert.Equal("access_denied", answer["error"]);
        Assert.Equal("af0ifjsldkj", answer["state"]);
        Assert.Null(answer["code"]);
    }

    [Fact]
    public async Task An_answer_is_asked_for_again_until_it_is_remembered()
    {
        await using var carol = await chromium.VisitAsync(site.Host);
        await carol.Page.HaveSessionAsync("carol");

        await carol.Page.GotoAsync(site.AuthorizeUrl("printshop"));
        await carol.Page.ClickAsync("#consent-allow");
        await carol.Page.ReadAnswerAsync();

        await carol.Page.GotoAsync(site.AuthorizeUrl("printshop"));
        await carol.Page.CheckAsync("#remember");
        await carol.Page.ClickAsync("#consent-allow");
        await carol.Page.ReadAnswerAsync();

        await carol.Page.GotoAsync(site.AuthorizeUrl("printshop"));
        Assert.NotNull((await carol.Page.ReadAnswerAsync())["code"]);
    }

    [Fact]
    public async Task Signing_out_asks_first_and_leads_back_to_the_app()
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        await alice.Page.HaveSessionAsync();

        await alice.Page.GotoAsync($"/connect/endsession?client_id=acme&post_logout_redirect_uri={Uri.EscapeDataString(site.App.Bye)}&state=s1");
        await Expect(alice.Page.Locator("main")).ToContainTextAsync("Acme Web asks to sign you out");
        await alice.Page.ClickAsync("#logout-confirm");

        await alice.Page.HasHeadingAsync("Signed out of the app");
        await Expect(alice.Page.Locator("#state")).ToHaveTextAsync("s1");
        await alice.Page.GotoAsync(site.AuthorizeUrl());
        await alice.Page.HasHeadingAsync("Sign in to Acme Web");
    }

    [Fact]
    public async Task An_id_token_of_the_session_signs_out_at_once()
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        await alice.Page.GotoAsync(site.AuthorizeUrl());
        await alice.Page.SignInAsync();
        var tokens = await site.RedeemAsync((await alice.Page.ReadAnswerAsync())["code"]!);

        await alice.Page.GotoAsync(
            $"/connect/endsession?id_token_hint={tokens.GetProperty("id_token").GetString()}&post_logout_redirect_uri={Uri.EscapeDataString(site.App.Bye)}");

        await alice.Page.HasHeadingAsync("Signed out of the app");
        Assert.Null(await alice.CookieAsync("idp.session"));
    }
}
