using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Endpoints.EndSession;

/// <summary>Front-channel logout, beyond the certification plan.</summary>
public sealed class LogoutFrameTests : LogoutProvider
{
    [Fact]
    public async Task The_page_frames_exactly_the_clients_of_the_session()
    {
        var browser = Provider.NewBrowser();
        await SignInAsync(browser, "front");
        await SignInAsync(browser, "front2");
        var hint = await SignInAsync(browser, "web");

        var page = await LogoutAsync(browser, ("id_token_hint", hint));

        var frames = page.Document.QuerySelectorAll("iframe").Select(frame => frame.GetAttribute("src")!).ToArray();
        Assert.Equal(2, frames.Length);
        Assert.StartsWith("https://front.example/logout?tenant=a&iss=", frames[0], StringComparison.Ordinal);
        Assert.Equal("https://front2.example/gone", frames[1]);
        Assert.Contains("; frame-src https://front.example https://front2.example; ", page.Header("Content-Security-Policy"), StringComparison.Ordinal);
        Assert.Null(page.Document.QuerySelector("meta[http-equiv=refresh]"));
    }

    [Fact]
    public async Task The_pages_own_sign_out_frames_them_too()
    {
        var browser = Provider.NewBrowser();
        await SignInAsync(browser, "front");

        var page = await browser.SubmitAsync(await browser.GetAsync("/account/logout"), "logout-confirm");

        Assert.Single(page.Document.QuerySelectorAll("iframe"));
    }

    [Fact]
    public async Task A_confirmed_logout_of_a_client_frames_them_and_then_goes_back()
    {
        var browser = Provider.NewBrowser();
        await SignInAsync(browser, "front");
        var question = await LogoutAsync(browser, ("client_id", "web"), ("post_logout_redirect_uri", "https://web.example/signed-out"));

        var page = await browser.SubmitAsync(question, "logout-confirm");

        Assert.Single(page.Document.QuerySelectorAll("iframe"));
        Assert.Equal("https://web.example/signed-out", page.Document.GetElementById("return-link")!.GetAttribute("href"));
    }

    [Fact]
    public async Task A_session_without_such_clients_has_no_frames_and_no_frame_source()
    {
        var browser = Provider.NewBrowser();
        var hint = await SignInAsync(browser, "web");

        var page = await LogoutAsync(browser, ("id_token_hint", hint));

        Assert.Empty(page.Document.QuerySelectorAll("iframe"));
        Assert.DoesNotContain("frame-src", page.Header("Content-Security-Policy"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_browser_does_not_get_the_frames()
    {
        var browser = Provider.NewBrowser();
        var hint = await SignInAsync(browser, "front");
        var page = await LogoutAsync(browser, ("id_token_hint", hint));

        Assert.Empty((await Provider.NewBrowser().GetAsync(page.Url.PathAndQuery)).Document.QuerySelectorAll("iframe"));
    }

    [Fact]
    public async Task Without_the_setting_there_is_no_check_session_frame()
    {
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await Provider.GetAsync("/connect/checksession")).Status);
        Assert.False((await Provider.GetAsync("/.well-known/openid-configuration")).Has("check_session_iframe"));
        var browser = Provider.NewBrowser();
        Assert.Null((await Provider.Client("web").AuthorizeAsync(browser))["session_state"]);
        Assert.DoesNotContain(browser.SetCookies, cookie => cookie.Contains("browser-state", StringComparison.Ordinal));
    }
}
