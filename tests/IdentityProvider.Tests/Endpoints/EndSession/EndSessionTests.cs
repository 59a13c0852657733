using System.Net;
using IdentityProvider.Tests.Support;
using Microsoft.AspNetCore.WebUtilities;
using Xunit;

namespace IdentityProvider.Tests.Endpoints.EndSession;

/// <summary>OpenID Connect RP-Initiated Logout, beyond the certification plan.</summary>
[Collection(ProviderCollection.Name)]
public sealed class EndSessionTests(Provider provider)
{
    private const string SignedOut = "https://web.example/signed-out";

    [Fact]
    public async Task An_expired_hint_still_logs_out()
    {
        var browser = provider.NewBrowser();
        var hint = (await provider.Client("web").SignInAsync(browser)).IdToken;
        provider.Time.Advance(TimeSpan.FromHours(2));

        Assert.Equal(SignedOut, (await LogoutAsync(browser, ("id_token_hint", hint), ("post_logout_redirect_uri", SignedOut))).Leaves);
        Assert.False(await IsSignedInAsync(browser));
    }

    [Fact]
    public async Task A_POST_is_answered_303_to_a_GET_of_ourselves_which_logs_out()
    {
        var browser = provider.NewBrowser();
        var hint = (await provider.Client("web").SignInAsync(browser)).IdToken;
        Dictionary<string, string> form = new() { ["id_token_hint"] = hint, ["post_logout_redirect_uri"] = SignedOut, ["state"] = "a b&c" };

        var answer = await provider.SendAsync(HttpMethod.Post, "/connect/endsession", new FormUrlEncodedContent(form));
        Assert.Equal(HttpStatusCode.SeeOther, answer.Status);
        Assert.StartsWith("/connect/endsession/continue?interaction=", answer.Header("Location"), StringComparison.Ordinal);

        var page = await browser.PostAsync("/connect/endsession", form);
        Assert.Equal(SignedOut + "?state=a%20b%26c", page.Leaves);
        Assert.False(await IsSignedInAsync(browser));
    }

    [Fact]
    public async Task A_hint_of_another_session_asks_first()
    {
        var hint = (await provider.Client("web").SignInAsync(provider.NewBrowser())).IdToken;
        foreach (var username in new[] { "alice", "bob" })
        {
            var browser = provider.NewBrowser();
            await browser.SignInAsync(await browser.GetAsync("/account/login"), username);

            var page = await LogoutAsync(browser, ("id_token_hint", hint), ("post_logout_redirect_uri", SignedOut));

            Assert.True(page.IsLogoutQuestion);
            Assert.True(await IsSignedInAsync(browser));
        }
    }

    [Fact]
    public async Task A_client_id_that_contradicts_the_hint_is_not_believed()
    {
        var browser = provider.NewBrowser();
        var hint = (await provider.Client("web").SignInAsync(browser)).IdToken;

        var page = await LogoutAsync(browser, ("id_token_hint", hint), ("client_id", "web2"), ("post_logout_redirect_uri", "https://web2.example/signed-out"));

        Assert.Null(page.Leaves);
        Assert.True(await IsSignedInAsync(browser));
    }

    [Fact]
    public async Task A_client_id_without_a_hint_asks_first_and_then_goes_back()
    {
        var browser = provider.NewBrowser();
        await provider.Client("web").SignInAsync(browser);

        var question = await LogoutAsync(browser, ("client_id", "web"), ("post_logout_redirect_uri", "https://web.example/bye?tenant=a"), ("state", "s"));

        Assert.True(question.IsLogoutQuestion);
        Assert.Contains("form-action 'self' https://web.example;", question.Header("Content-Security-Policy"), StringComparison.Ordinal);
        Assert.Equal("https://web.example/bye?tenant=a&state=s", (await browser.SubmitAsync(question, "logout-confirm")).Leaves);
        Assert.False(await IsSignedInAsync(browser));
    }

    [Fact]
    public async Task Whoever_is_signed_out_already_goes_straight_back()
    {
        var browser = provider.NewBrowser();
        var hint = (await provider.Client("web").SignInAsync(browser)).IdToken;
        await LogoutAsync(browser, ("id_token_hint", hint));

        Assert.Equal(SignedOut, (await LogoutAsync(browser, ("id_token_hint", hint), ("post_logout_redirect_uri", SignedOut))).Leaves);
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("disabled")]
    [InlineData("web2")]
    public async Task A_redirect_uri_of_another_client_is_never_followed_even_after_the_question(string clientId)
    {
        var browser = provider.NewBrowser();
        await provider.Client("web").SignInAsync(browser);

        var question = await LogoutAsync(browser, ("client_id", clientId), ("post_logout_redirect_uri", SignedOut));

        Assert.True(question.IsLogoutQuestion);
        Assert.True((await browser.SubmitAsync(question, "logout-confirm")).IsLoggedOut);
    }

    [Fact]
    public async Task An_access_token_is_no_hint()
    {
        var browser = provider.NewBrowser();
        var tokens = await provider.Client("web").SignInAsync(browser);

        var page = await LogoutAsync(browser, ("id_token_hint", tokens.AccessToken), ("post_logout_redirect_uri", SignedOut));

        Assert.True(page.IsLogoutQuestion);
        Assert.True(await IsSignedInAsync(browser));
    }

    [Fact]
    public async Task The_logged_out_page_does_not_claim_what_is_not_true()
    {
        var browser = provider.NewBrowser();
        await provider.Client("web").SignInAsync(browser);

        Assert.True((await browser.GetAsync("/account/logged-out")).IsLogoutQuestion);
    }

    [Fact]
    public async Task A_question_that_another_browser_got_does_not_lead_back_to_its_client()
    {
        var attacker = provider.NewBrowser();
        await attacker.SignInAsync(await attacker.GetAsync("/account/login"), "bob");
        var question = await LogoutAsync(attacker, ("client_id", "web"), ("post_logout_redirect_uri", SignedOut));
        var victim = provider.NewBrowser();
        await victim.SignInAsync(await victim.GetAsync("/account/login"));

        var page = await victim.SubmitAsync(await victim.GetAsync(question.Url.PathAndQuery), "logout-confirm");

        Assert.True(page.IsLoggedOut);
        Assert.False(page.Has("return-link"));
    }

    [Fact]
    public async Task The_session_is_dead_although_its_cookie_comes_back()
    {
        var browser = provider.NewBrowser();
        await provider.Client("web").SignInAsync(browser);
        var kept = browser.Cookies.GetCookies(new Uri(provider.Issuer)).Single(cookie => cookie.Name == "__Host-idp.session").Value;
        await browser.SubmitAsync(await LogoutAsync(browser), "logout-confirm");

        var answer = await provider.GetAsync("/account", ("Cookie", "__Host-idp.session=" + kept));

        Assert.Equal(HttpStatusCode.SeeOther, answer.Status);
        Assert.StartsWith("/account/login", answer.Header("Location"), StringComparison.Ordinal);
    }

    private static Task<Page> LogoutAsync(Browser browser, params (string Name, string Value)[] parameters) =>
        browser.GetAsync(QueryHelpers.AddQueryString("/connect/endsession", parameters.ToDictionary(p => p.Name, p => (string?)p.Value)));

    private async Task<bool> IsSignedInAsync(Browser browser) =>
        Callback.Of(await browser.GetAsync(RelyingParty.AuthorizeUrl(provider.Client("web").Request(changes: ("prompt", "none")))))["code"] is not null;
}
