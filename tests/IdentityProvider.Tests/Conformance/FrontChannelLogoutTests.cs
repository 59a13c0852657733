using IdentityProvider.Tests.Support;
using Microsoft.AspNetCore.WebUtilities;
using Xunit;

namespace IdentityProvider.Tests.Conformance;

/// <summary>Plan Front-Channel OP. What a browser makes of the page is tested in Chromium.</summary>
public sealed class FrontChannelLogoutTests : LogoutProvider
{
    [Fact]
    [Trait("module", "oidcc-frontchannel-logout-discovery-endpoint-verification")]
    public async Task Discovery_says_that_logout_is_shown_with_the_session()
    {
        var metadata = (await Provider.GetAsync("/.well-known/openid-configuration")).Json;

        Assert.True(metadata.GetProperty("frontchannel_logout_supported").GetBoolean());
        Assert.True(metadata.GetProperty("frontchannel_logout_session_supported").GetBoolean());
        Assert.Equal(Provider.Issuer + "/connect/endsession", metadata.GetProperty("end_session_endpoint").GetString());
    }

    [Fact]
    [Trait("module", "oidcc-frontchannel-rp-initiated-logout")]
    public async Task A_logout_opens_the_clients_page_with_iss_and_sid_and_then_goes_back()
    {
        var browser = Provider.NewBrowser();
        var hint = await SignInAsync(browser, "front");

        var page = await LogoutAsync(
            browser, ("id_token_hint", hint), ("post_logout_redirect_uri", "https://front.example/signed-out"), ("state", "a b"));

        Assert.True(page.IsLoggedOut);
        var frame = Assert.Single(page.Document.QuerySelectorAll("iframe")).GetAttribute("src")!;
        Assert.StartsWith("https://front.example/logout?", frame, StringComparison.Ordinal);
        var query = QueryHelpers.ParseQuery(new Uri(frame).Query);
        Assert.Equal(["iss", "sid", "tenant"], query.Keys.Order());
        Assert.Equal((Provider.Issuer, Jwt.Claims(hint).GetProperty("sid").GetString()), ((string?)query["iss"], (string?)query["sid"]));
        Assert.Equal("3;url=https://front.example/signed-out?state=a%20b", page.Document.QuerySelector("meta[http-equiv=refresh]")!.GetAttribute("content"));
        var request = Provider.Client("front").Request(changes: ("prompt", "none"));
        FlowChecks.CheckError(Provider, request, Callback.Of(await browser.GetAsync(RelyingParty.AuthorizeUrl(request))), "login_required");
    }
}
