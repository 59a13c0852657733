namespace IdentityProvider.Browser.Tests;

/// <summary>A pending request belongs to the browser that started it, and never carries a sign-in.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class InteractionTests(Chromium chromium, Site site) : IClassFixture<Site>
{
    [Fact]
    public async Task A_link_to_somebody_elses_interaction_leads_nowhere()
    {
        await using var mallory = await chromium.VisitAsync(site.Host);
        await using var alice = await chromium.VisitAsync(site.Host);
        await mallory.Page.GotoAsync(site.AuthorizeUrl());
        var link = mallory.Page.Url;
        Assert.Contains("interaction=", link, StringComparison.Ordinal);

        var response = await alice.Page.GotoAsync(link);

        Assert.Equal(400, response!.Status);
        await alice.Page.HasHeadingAsync("This page has expired");
        Assert.Equal(0, await alice.Page.Locator("form").CountAsync());
        await alice.Page.ClickAsync("#expired-continue");
        await Expect(alice.Page).ToHaveURLAsync(site.Host.Issuer + "/");
    }

    [Fact]
    public async Task A_sign_in_in_one_browser_does_not_answer_another_that_has_the_link()
    {
        await using var mallory = await chromium.VisitAsync(site.Host);
        await using var alice = await chromium.VisitAsync(site.Host);
        await alice.Page.GotoAsync(site.AuthorizeUrl());
        var continuation = alice.Page.Url.Replace("/account/login", "/connect/authorize/continue", StringComparison.Ordinal);
        await alice.Page.SignInAsync();
        await alice.Page.ReadAnswerAsync();

        await mallory.Page.GotoAsync(continuation);

        await mallory.Page.HasHeadingAsync("This page has expired");
    }

    [Fact]
    public async Task A_sign_in_is_in_the_session_cookie_only()
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        await alice.Page.GotoAsync(site.AuthorizeUrl());
        var continuation = alice.Page.Url.Replace("/account/login", "/connect/authorize/continue", StringComparison.Ordinal);
        await alice.Page.SignInAsync();
        await alice.Page.ReadAnswerAsync();

        await alice.Context.ClearCookiesAsync(new() { Name = "idp.session" });
        await alice.Page.GotoAsync(continuation);

        await alice.Page.HasHeadingAsync("Sign in to Acme Web");
    }
}
