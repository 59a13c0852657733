namespace IdentityProvider.Browser.Tests;

/// <summary>Several tabs, the back button, double clicks, forms left open: each ends in a page that lets the person go on, and it works.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class TabTests(Chromium chromium, Site site) : IClassFixture<Site>
{
    [Fact]
    public async Task A_second_sign_in_form_still_leads_to_its_app_after_a_sign_in_in_the_first()
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        var (first, second) = (alice.Page, await alice.Context.NewPageAsync());
        await first.GotoAsync(site.AuthorizeUrl("acme", ("state", "first")));
        await second.GotoAsync(site.AuthorizeUrl("acme", ("state", "second")));

        await first.SignInAsync();
        Assert.Equal("first", (await first.ReadAnswerAsync())["state"]);
        await second.SignInAsync();
        await Expect(second.Locator(".account strong")).ToHaveTextAsync("alice");
        await second.ClickAsync("#continue-submit");

        var answer = await second.ReadAnswerAsync();
        Assert.Equal("second", answer["state"]);
        Assert.True((await site.RedeemAsync(answer["code"]!)).TryGetProperty("id_token", out _));
    }

    [Fact]
    public async Task Somebody_else_who_signs_in_in_another_tab_is_named_before_anything_happens()
    {
        await using var family = await chromium.VisitAsync(site.Host);
        await family.Page.HaveSessionAsync();
        await family.Page.GotoAsync(site.AuthorizeUrl("printshop"));
        await Expect(family.Page.Locator(".account strong")).ToHaveTextAsync("alice");

        var other = await family.Context.NewPageAsync();
        await other.GotoAsync("/account/login?switch=true");
        await other.SignInAsync("bob");
        await other.HasHeadingAsync("Your account");
        await family.Page.ClickAsync("#consent-allow");

        await Expect(family.Page.Locator(".account strong")).ToHaveTextAsync("bob");
        await family.Page.ClickAsync("#consent-allow");
        Assert.NotNull((await family.Page.ReadAnswerAsync())["code"]);
    }

    [Fact]
    public async Task Back_after_a_sign_in_shows_who_is_signed_in_and_leads_on()
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        await alice.Page.GotoAsync(site.AuthorizeUrl());
        await alice.Page.SignInAsync();
        await alice.Page.ReadAnswerAsync();

        await alice.Page.GoBackAsync();
        await Expect(alice.Page.Locator(".account strong")).ToHaveTextAsync("alice");
        await alice.Page.ClickAsync("#continue-submit");

        var answer = await alice.Page.ReadAnswerAsync();
        Assert.True((await site.RedeemAsync(answer["code"]!)).TryGetProperty("id_token", out _));
    }

    [Fact]
    public async Task Back_and_reload_after_a_wrong_password_do_not_ask_to_send_it_again()
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        await alice.Page.GotoAsync(site.AuthorizeUrl());
        await alice.Page.FillAsync("#username", "alice");
        await alice.Page.FillAsync("#password", "wrong");
        await alice.Page.ClickAsync("#login-submit");
        await Expect(alice.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("We could not sign you in");
        await Expect(alice.Page.Locator("#username")).ToHaveValueAsync("alice");
        await Expect(alice.Page.Locator("#password")).ToHaveValueAsync("");

        await alice.Page.ReloadAsync();
        await Expect(alice.Page.GetByRole(AriaRole.Alert)).ToHaveCountAsync(0);
        await alice.Page.SignInAsync();
        Assert.NotNull((await alice.Page.ReadAnswerAsync())["code"]);
        Assert.Equal(2, alice.Requests.Count(request => request.Method == "POST" && request.Url.Contains("/account/login", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_double_click_sends_the_sign_in_form_once()
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        await alice.Page.GotoAsync(site.AuthorizeUrl());
        await alice.Page.FillAsync("#username", "alice");
        await alice.Page.FillAsync("#password", "alice");
        await alice.Page.DblClickAsync("#login-submit");

        Assert.NotNull((await alice.Page.ReadAnswerAsync())["code"]);
        Assert.Single(alice.Requests, request => request.Method == "POST" && request.Url.Contains("/account/login", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_double_click_without_scripts_still_ends_at_the_app()
    {
        await using var alice = await chromium.VisitAsync(site.Host, context => context.JavaScriptEnabled = false);
        await alice.Page.GotoAsync(site.AuthorizeUrl());
        await alice.Page.FillAsync("#username", "alice");
        await alice.Page.FillAsync("#password", "alice");
        await alice.Page.DblClickAsync("#login-submit");

        // The second POST may come with the session that the first has begun; then the page says so, and leads on.
        await Expect(alice.Page.Locator("#answer, #continue-submit")).ToBeVisibleAsync();
        if (await alice.Page.Locator("#continue-submit").IsVisibleAsync())
        {
            await alice.Page.ClickAsync("#continue-submit");
        }

        Assert.NotNull((await alice.Page.ReadAnswerAsync())["code"]);
    }

    [Fact]
    public async Task A_consent_form_whose_session_has_ended_asks_for_a_sign_in_and_then_again()
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        await alice.Page.HaveSessionAsync();
        await alice.Page.GotoAsync(site.AuthorizeUrl("printshop"));
        await alice.Page.HasHeadingAsync("Allow Print Shop access?");
        await SignOutInAnotherTabAsync(alice);

        await alice.Page.ClickAsync("#consent-allow");
        await alice.Page.HasHeadingAsync("Sign in to Print Shop");
        await alice.Page.SignInAsync();
        await alice.Page.HasHeadingAsync("Allow Print Shop access?");
        await alice.Page.ClickAsync("#consent-allow");

        Assert.NotNull((await alice.Page.ReadAnswerAsync())["code"]);
    }

    [Fact]
    public async Task A_sign_out_form_whose_session_has_ended_says_that_the_person_is_signed_out()
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        await alice.Page.HaveSessionAsync();
        await alice.Page.GotoAsync("/account/logout");
        await SignOutInAnotherTabAsync(alice);

        await alice.Page.ClickAsync("#logout-confirm");

        await alice.Page.HasHeadingAsync("You are signed out");
    }

    private static async Task SignOutInAnotherTabAsync(Visitor visitor)
    {
        var tab = await visitor.Context.NewPageAsync();
        await tab.GotoAsync("/account/logout");
        await tab.ClickAsync("#logout-confirm");
        await tab.HasHeadingAsync("You are signed out");
        await tab.CloseAsync();
    }
}
