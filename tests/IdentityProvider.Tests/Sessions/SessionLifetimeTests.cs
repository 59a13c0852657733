using System.Net;
using IdentityProvider.Tests.Configuration;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Sessions;

/// <summary>How long a session lasts: unused, at the most, and for whom.</summary>
public sealed class SessionLifetimeTests : IAsyncLifetime
{
    private static readonly TimeSpan _idle = TimeSpan.FromHours(1);
    private static readonly TimeSpan _absolute = TimeSpan.FromHours(4);

    private readonly Provider _provider = new();

    public Task InitializeAsync() => _provider.StartAsync(options =>
    {
        options.Settings["Sessions:IdleLifetime"] = _idle.ToString();
        options.Settings["Sessions:AbsoluteLifetime"] = _absolute.ToString();
    });

    public Task DisposeAsync() => _provider.DisposeAsync();

    [Fact]
    public async Task A_session_that_is_not_used_is_over_after_its_idle_lifetime()
    {
        var browser = await SignInAsync();
        _provider.Skip(_idle - TimeSpan.FromSeconds(1));
        Assert.True(await IsSignedInAsync(browser));

        _provider.Skip(_idle);
        Assert.False(await IsSignedInAsync(browser));
    }

    [Fact]
    public async Task Use_lengthens_a_session_up_to_its_absolute_lifetime()
    {
        var browser = await SignInAsync();
        foreach (var _ in Enumerable.Range(0, 5))
        {
            _provider.Skip(_idle * 0.75);
            Assert.True(await IsSignedInAsync(browser));
        }

        _provider.Skip(_idle * 0.25);
        Assert.False(await IsSignedInAsync(browser));
    }

    [Fact]
    public async Task A_session_ends_with_the_browser_unless_the_person_keeps_signed_in()
    {
        var cookie = SessionCookie(await SignInAsync());
        Assert.DoesNotContain("max-age", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("expires", cookie, StringComparison.OrdinalIgnoreCase);

        var kept = SessionCookie(await SignInAsync(("remember", "true")));
        Assert.Contains($"max-age={_absolute.TotalSeconds}", kept, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Coordinated_refresh_tokens_outlive_the_idle_time_of_the_browser_and_end_with_the_session()
    {
        var client = _provider.Client("spa");
        var tokens = await client.SignInAsync(_provider.NewBrowser(), "openid offline_access");
        _provider.Skip(_idle * 2);
        tokens = (await client.RefreshAsync(tokens.RefreshToken)).Succeeds();

        _provider.Skip(_absolute);
        (await client.RefreshAsync(tokens.RefreshToken)).Fails("invalid_grant");
    }

    [Fact]
    public async Task A_client_with_a_short_sso_lifetime_asks_for_a_sign_in_that_others_do_not_need()
    {
        var browser = await SignInAsync();
        var (shortened, other) = (_provider.Client("eager"), _provider.Client("web"));
        Assert.NotNull((await AskAsync(browser, shortened)).Leaves);

        _provider.Skip(TimeSpan.FromSeconds(61));
        Assert.NotNull((await AskAsync(browser, other)).Leaves);
        Assert.Contains("error=login_required", (await AskAsync(browser, shortened, ("prompt", "none"))).Leaves, StringComparison.Ordinal);
        var page = await AskAsync(browser, shortened);
        Assert.True(page.IsSignIn);

        Assert.NotNull((await browser.SignInAsync(page)).Leaves);
        Assert.NotNull((await AskAsync(browser, shortened)).Leaves);
    }

    [Fact]
    public async Task A_sign_in_at_a_browser_where_somebody_is_signed_in_renews_that_session_or_ends_it()
    {
        var client = _provider.Client("spa");
        var browser = _provider.NewBrowser();
        var tokens = await client.SignInAsync(browser, "openid offline_access");

        _provider.Skip(TimeSpan.FromSeconds(1));
        await browser.SignInAsync(await AskAsync(browser, client, ("prompt", "login")));
        tokens = (await client.RefreshAsync(tokens.RefreshToken)).Succeeds();

        _provider.Skip(TimeSpan.FromSeconds(1));
        await browser.SignInAsync(await AskAsync(browser, client, ("prompt", "login")), "bob");
        (await client.RefreshAsync(tokens.RefreshToken)).Fails("invalid_grant");
    }

    [Fact]
    public async Task An_idle_lifetime_beyond_the_absolute_one_is_refused()
    {
        var (code, _, error) = await Startup.StartAsync(("Sessions:IdleLifetime", "2.00:00:00"), ("Sessions:AbsoluteLifetime", "1.00:00:00"));

        Assert.Equal(1, code);
        Assert.Contains("Sessions:IdleLifetime", error, StringComparison.Ordinal);
    }

    private async Task<Browser> SignInAsync(params (string Name, string? Value)[] more)
    {
        var browser = _provider.NewBrowser();
        await browser.SubmitAsync(await browser.GetAsync("/account/login"), "login-submit", [("username", "alice"), ("password", "alice"), .. more]);
        Assert.True(await IsSignedInAsync(browser));
        return browser;
    }

    private static async Task<bool> IsSignedInAsync(Browser browser)
    {
        var page = await browser.GetAsync("/account");
        Assert.Equal(HttpStatusCode.OK, page.Status);
        return !page.IsSignIn;
    }

    private static Task<Page> AskAsync(Browser browser, RelyingParty client, params (string Name, string? Value)[] changes) =>
        browser.GetAsync(RelyingParty.AuthorizeUrl(client.Request("openid", changes)));

    private static string SessionCookie(Browser browser) =>
        browser.SetCookies.Last(cookie => cookie.StartsWith("__Host-idp.session=", StringComparison.Ordinal));
}
