using System.Security.Cryptography;
using System.Text;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Tests.Conformance;

/// <summary>Plan Session OP. The frame's script is tested in Chromium; here the same is computed by the definition.</summary>
public sealed class SessionManagementTests : LogoutProvider
{
    private const string Cookie = "__Host-idp.browser-state";

    public SessionManagementTests() => CheckSession = true;

    [Fact]
    [Trait("module", "oidcc-session-management-discovery-endpoint-verification")]
    public async Task Discovery_names_an_https_frame()
    {
        var metadata = (await Provider.GetAsync("/.well-known/openid-configuration")).Json;

        Assert.Equal(Provider.Issuer + "/connect/checksession", metadata.GetProperty("check_session_iframe").GetString());
    }

    [Fact]
    [Trait("module", "oidcc-session-management-rp-initiated-logout")]
    public async Task A_session_state_holds_until_the_logout()
    {
        var browser = Provider.NewBrowser();
        var client = Provider.Client("web");
        var callback = await client.AuthorizeAsync(browser);
        var hint = (await client.RedeemAsync(callback)).Succeeds().IdToken;
        Assert.True(IsUnchanged(browser, callback["session_state"]!, "web https://web.example"));
        Assert.False(IsUnchanged(browser, callback["session_state"]!, "web https://evil.example"));

        var page = await LogoutAsync(
            browser, ("id_token_hint", hint), ("post_logout_redirect_uri", "https://web.example/signed-out"), ("state", "s"));

        Assert.Equal("https://web.example/signed-out?state=s", page.Leaves);
        Assert.Null(StateOf(browser));
        Assert.False(IsUnchanged(browser, callback["session_state"]!, "web https://web.example"));
    }

    [Fact]
    public async Task Every_answer_of_a_browser_has_a_state_of_its_own_that_holds()
    {
        var browser = Provider.NewBrowser();
        var states = new List<string>();
        foreach (var clientId in new[] { "web", "web2", "web" })
        {
            var state = (await Provider.Client(clientId).AuthorizeAsync(browser))["session_state"]!;
            Assert.True(IsUnchanged(browser, state, $"{clientId} https://{clientId}.example"));
            states.Add(state);
        }

        Assert.Equal(3, states.Distinct().Count());
    }

    [Fact]
    public async Task The_state_changes_when_somebody_else_signs_in()
    {
        var browser = Provider.NewBrowser();
        var state = (await Provider.Client("web").AuthorizeAsync(browser))["session_state"]!;

        await browser.SignInAsync(await browser.GetAsync("/account/login?switch=true"), "bob");

        Assert.False(IsUnchanged(browser, state, "web https://web.example"));
    }

    [Fact]
    public async Task The_state_is_gone_when_the_browser_comes_back_to_a_session_that_was_ended_elsewhere()
    {
        var browser = Provider.NewBrowser();
        var idToken = (await Provider.Client("web").SignInAsync(browser)).IdToken;
        Assert.NotNull(StateOf(browser));
        await Provider.Host.Services.GetRequiredService<ISessionStore>().EndAllAsync(Guid.Parse(Jwt.Claims(idToken).GetProperty("sub").GetString()!), "elsewhere");

        await browser.GetAsync("/account");

        Assert.Null(StateOf(browser));
    }

    [Fact]
    public async Task A_request_without_openid_and_a_refused_one_have_none()
    {
        var browser = Provider.NewBrowser();
        Assert.Null((await Provider.Client("web").AuthorizeAsync(browser, "api.read"))["session_state"]);
        var request = Provider.Client("web").Request(changes: ("prompt", "none"));

        Assert.Null(Callback.Of(await Provider.NewBrowser().GetAsync(RelyingParty.AuthorizeUrl(request)))["session_state"]);
    }

    [Fact]
    public async Task The_cookie_is_readable_by_scripts_of_ours_in_any_page_and_is_not_the_session()
    {
        var browser = Provider.NewBrowser();
        await Provider.Client("web").AuthorizeAsync(browser);

        var cookie = browser.SetCookies.Last(cookie => cookie.StartsWith(Cookie, StringComparison.Ordinal));
        Assert.DoesNotContain("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("secure", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=none", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.NotEqual(browser.Cookies.GetCookies(new Uri(Provider.Issuer))["__Host-idp.session"]!.Value, StateOf(browser));
    }

    [Fact]
    public async Task The_frame_may_be_shown_by_any_site_and_runs_its_own_script_only()
    {
        var answer = await Provider.GetAsync("/connect/checksession");

        Assert.Equal("text/html", answer.Response.Content.Headers.ContentType?.MediaType);
        var policy = answer.Header("Content-Security-Policy")!;
        Assert.Contains("frame-ancestors *", policy, StringComparison.Ordinal);
        Assert.Matches("script-src 'nonce-[A-Za-z0-9_-]{22}'; ", policy);
        Assert.Null(answer.Header("X-Frame-Options"));
        Assert.Contains($"data-cookie=\"{Cookie}\"", answer.Text, StringComparison.Ordinal);
        Assert.NotEqual(policy, (await Provider.GetAsync("/connect/checksession")).Header("Content-Security-Policy"));
    }

    private string? StateOf(Browser browser) => browser.Cookies.GetCookies(new Uri(Provider.Issuer))[Cookie]?.Value;

    /// <summary>OpenID Connect Session Management §3.2.</summary>
    private bool IsUnchanged(Browser browser, string sessionState, string clientAndOrigin)
    {
        var parts = sessionState.Split('.');
        var text = $"{clientAndOrigin} {StateOf(browser)} {parts[1]}";
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(text))) == parts[0];
    }
}
