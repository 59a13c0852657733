using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Sessions;

/// <summary>A session that was not used for too long signs nobody in, but what it gave to clients ends by a logout as ever.</summary>
public sealed class IdleLogoutTests : LogoutProvider
{
    private static readonly TimeSpan s_idle = TimeSpan.FromHours(11);

    [Fact]
    public async Task A_logout_of_an_app_ends_an_idle_session_and_tells_the_clients()
    {
        var (browser, hint) = await BecomeIdleAsync();

        var page = await LogoutAsync(browser, ("id_token_hint", hint), ("post_logout_redirect_uri", "https://back.example/signed-out"));

        Assert.Equal("https://back.example/signed-out", page.Leaves);
        await IsToldAsync(hint);
    }

    [Fact]
    public async Task The_page_asks_and_ends_it()
    {
        var (browser, hint) = await BecomeIdleAsync();

        var page = await browser.GetAsync("/account/logout");
        Assert.True(page.IsLogoutQuestion);
        Assert.True((await browser.SubmitAsync(page, "logout-confirm")).IsLoggedOut);

        await IsToldAsync(hint);
        Assert.False((await browser.GetAsync("/account/logout")).IsLogoutQuestion);
    }

    [Fact]
    public async Task A_hint_of_another_session_asks()
    {
        var (browser, hint) = await BecomeIdleAsync();
        var (_, other) = await BecomeIdleAsync();

        var page = await LogoutAsync(browser, ("id_token_hint", other));
        Assert.True(page.IsLogoutQuestion);
        await browser.SubmitAsync(page, "logout-confirm");

        await IsToldAsync(hint);
    }

    [Fact]
    public async Task Another_person_who_signs_in_at_the_browser_ends_it()
    {
        var (browser, hint) = await BecomeIdleAsync();

        await browser.SignInAsync(await browser.GetAsync("/account/login"), "bob");

        await IsToldAsync(hint);
    }

    [Fact]
    public async Task The_same_person_who_signs_in_again_goes_on_with_it_and_can_end_it()
    {
        var browser = Provider.NewBrowser();
        var client = Provider.Client("spa");
        var tokens = await client.SignInAsync(browser, "openid offline_access");
        Provider.Skip(s_idle);
        await browser.SignInAsync(await browser.GetAsync("/account/login"));
        tokens = (await client.RefreshAsync(tokens.RefreshToken)).Succeeds();

        Provider.Skip(s_idle);
        await browser.SubmitAsync(await browser.GetAsync("/account/logout"), "logout-confirm");
        (await client.RefreshAsync(tokens.RefreshToken)).Fails("invalid_grant");
    }

    private async Task<(Browser Browser, string Hint)> BecomeIdleAsync()
    {
        var browser = Provider.NewBrowser();
        var hint = await SignInAsync(browser, "back");
        Provider.Skip(s_idle);
        Assert.True((await browser.GetAsync("/account")).IsSignIn);
        return (browser, hint);
    }

    private async Task IsToldAsync(string hint)
    {
        var told = Jwt.Claims((await Receiver.NextAsync()).Token);
        Assert.Equal(Jwt.Claims(hint).GetProperty("sid").GetString(), told.GetProperty("sid").GetString());
    }
}
