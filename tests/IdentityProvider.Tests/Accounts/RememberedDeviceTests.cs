using System.Net;
using IdentityProvider.Accounts.Devices;
using IdentityProvider.Accounts.SignIn;
using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Tests.Support;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Tests.Accounts;

/// <summary>"Don't ask for a code on this device": what it spares, what it never is, and what ends it.</summary>
[Trait("feature", "10")]
public sealed class RememberedDeviceTests(RememberedDeviceTests.Server server) : IClassFixture<RememberedDeviceTests.Server>
{
    private const string AsksForCode = "/account/two-factor";
    private const string EssentialTwo = """{"id_token":{"acr":{"essential":true,"value":"2"}}}""";

    private Provider Provider => server.Provider;

    [Fact]
    public async Task A_remembered_device_needs_the_password_alone_and_the_session_has_one_factor()
    {
        var (browser, app) = await RememberAsync("anna");
        var client = Provider.Client("web");
        var page = await SignInAsync(browser, "anna", RelyingParty.AuthorizeUrl(client.Request()));

        var claims = Jwt.Claims((await client.RedeemAsync(Callback.Of(page))).IdToken);
        Assert.Equal("1", claims.GetProperty("acr").GetString());
        Assert.Equal(["pwd"], Jwt.Strings(claims, "amr"));

        var insisting = client.Request(changes: ("claims", EssentialTwo));
        page = await browser.GetAsync(RelyingParty.AuthorizeUrl(insisting));
        Assert.Equal(AsksForCode, page.Url.AbsolutePath);
        Assert.False(page.Has("trust"));
        Provider.Skip(TimeSpan.FromSeconds(30));
        page = await browser.SubmitAsync(page, "code-submit", ("code", app.Code));
        Assert.Equal("2", Jwt.Claims((await client.RedeemAsync(Callback.Of(page))).IdToken).GetProperty("acr").GetString());
    }

    [Fact]
    public async Task Nothing_is_remembered_unless_the_person_says_so()
    {
        var (browser, _) = await RememberAsync("ben", trust: null);

        Assert.Equal(AsksForCode, (await SignInAsync(browser, "ben")).Url.AbsolutePath);
    }

    [Fact]
    public async Task What_is_sensitive_wants_the_code_at_a_remembered_device_too()
    {
        var (browser, app) = await RememberAsync("cleo");
        Assert.Equal("/account", (await SignInAsync(browser, "cleo")).Url.AbsolutePath);

        var page = await browser.GetAsync("/account/security/recovery-codes");
        Assert.True(page.IsSignIn);
        page = await browser.SignInAsync(page, "cleo");
        Assert.Equal(AsksForCode, page.Url.AbsolutePath);
        Provider.Skip(TimeSpan.FromSeconds(30));
        page = await browser.SubmitAsync(page, "code-submit", ("code", app.Code));
        Assert.Equal("/account/security/recovery-codes", page.Url.AbsolutePath);
    }

    [Fact]
    public async Task After_its_time_the_device_is_asked_again()
    {
        var (browser, _) = await RememberAsync("dora");
        Provider.Skip(TimeSpan.FromDays(29));
        Assert.Equal("/account", (await SignInAsync(browser, "dora")).Url.AbsolutePath);

        Provider.Skip(TimeSpan.FromDays(2));
        Assert.Equal(AsksForCode, (await SignInAsync(browser, "dora")).Url.AbsolutePath);
    }

    [Fact]
    public async Task The_cookie_alone_is_worth_nothing_at_another_browser_or_for_another_person()
    {
        var (browser, _) = await RememberAsync("emil");
        var (other, _) = await RememberAsync("fay", trust: null);
        var stolen = browser.Cookies.GetCookies(new Uri(Provider.Issuer)).Single(cookie => cookie.Name.StartsWith("__Host-idp.trusted.", StringComparison.Ordinal));

        var thief = Provider.NewBrowser();
        thief.Cookies.Add(new Uri(Provider.Issuer), new Cookie(stolen.Name, stolen.Value));
        Assert.Equal(AsksForCode, (await SignInAsync(thief, "emil")).Url.AbsolutePath);

        var own = await NameOfCookieAsync("fay");
        other.Cookies.Add(new Uri(Provider.Issuer), new Cookie(own, stolen.Value));
        other.Cookies.Add(new Uri(Provider.Issuer), new Cookie(stolen.Name, stolen.Value));
        Assert.Equal(AsksForCode, (await SignInAsync(other, "fay")).Url.AbsolutePath);
    }

    [Fact]
    public async Task A_device_that_the_person_has_revoked_is_asked()
    {
        var (browser, _) = await RememberAsync("gus");
        await Provider.Host.Services.GetRequiredService<IDeviceStore>().RevokeAllAsync((await FindAsync("gus")).Id);

        Assert.Equal(AsksForCode, (await SignInAsync(browser, "gus")).Url.AbsolutePath);
    }

    [Fact]
    public async Task A_password_that_has_to_be_replaced_wants_the_code_too_and_the_box_that_is_ticked_then_holds()
    {
        var (browser, app) = await RememberAsync("jo");
        await using (var scope = Provider.Host.Services.CreateAsyncScope())
        {
            var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
            var user = (await users.FindByNameAsync("jo"))!;
            user.PasswordChangeReason = PasswordChangeReasons.Breached;
            await users.UpdateAsync(user);
        }

        var page = await SignInAsync(browser, "jo");
        Assert.Equal(AsksForCode, page.Url.AbsolutePath);
        page = await browser.SubmitAsync(page, "code-submit", ("code", app.CodeOf(1)), ("trust", "true"));
        Assert.Equal("/account/new-password", page.Url.AbsolutePath);
        page = await browser.SubmitAsync(page, "password-submit", ("password", "an entirely new pass phrase"));
        Assert.Equal("/account", page.Url.AbsolutePath);

        await SignOutAsync(browser);
        page = await browser.SignInAsync(await browser.GetAsync("/account/login"), "jo", "an entirely new pass phrase");
        Assert.Equal("/account", page.Url.AbsolutePath);
    }

    [Theory]
    [Trait("row", "P11")]
    [InlineData("hal", true)]
    [InlineData("ida", false)]
    public async Task A_lock_or_a_new_password_ends_it(string username, bool locked)
    {
        var (browser, _) = await RememberAsync(username);
        var user = await FindAsync(username);
        var transitions = Provider.Host.Services.GetRequiredService<IAccountTransitions>();
        if (locked)
        {
            await transitions.LockAsync(user.Id, "test");
            await transitions.UnlockAsync(new Unlocking { UserId = user.Id });
        }
        else
        {
            await transitions.ResetPasswordAsync(user.Id, user.PasswordHash!);
        }

        Assert.Equal(AsksForCode, (await SignInAsync(browser, username)).Url.AbsolutePath);
    }

    [Fact]
    public async Task Switched_off_it_is_neither_offered_nor_taken_nor_kept()
    {
        var off = new Server { RememberDevice = "00:00:00" };
        await off.InitializeAsync();
        try
        {
            var tests = new RememberedDeviceTests(off);
            var (browser, _) = await tests.RememberAsync("anna", offered: false);

            Assert.Equal(AsksForCode, (await SignInAsync(browser, "anna")).Url.AbsolutePath);
        }
        finally
        {
            await off.DisposeAsync();
        }
    }

    /// <summary>Sets up an app, signs in with both factors and ticks the box; then signs out.</summary>
    private async Task<(Browser Browser, AuthenticatorApp App)> RememberAsync(string username, string? trust = "true", bool offered = true)
    {
        var setUp = Provider.NewBrowser();
        await setUp.SignInAsync(await setUp.GetAsync("/account/login"), username);
        var page = await setUp.GetAsync("/account/security/authenticator");
        var app = AuthenticatorApp.Of(page.Document.GetElementById("totp-secret")!.TextContent, Provider.Time);
        await setUp.SubmitAsync(page, "code-submit", ("code", app.CodeOf(-1)));

        var browser = Provider.NewBrowser();
        page = await browser.SignInAsync(await browser.GetAsync("/account/login"), username);
        Assert.Equal(offered, page.Has("trust"));
        page = await browser.SubmitAsync(page, "code-submit", ("code", app.Code), ("trust", trust));
        Assert.Equal("/account", page.Url.AbsolutePath);
        await SignOutAsync(browser);
        return (browser, app);
    }

    private static async Task<Page> SignInAsync(Browser browser, string username, string url = "/account/login")
    {
        var page = await browser.GetAsync(url);
        if (!page.IsSignIn)
        {
            await SignOutAsync(browser);
            page = await browser.GetAsync(url);
        }

        return await browser.SignInAsync(page, username);
    }

    private static async Task SignOutAsync(Browser browser) =>
        Assert.True((await browser.SubmitAsync(await browser.GetAsync("/account/logout"), "logout-confirm")).IsLoggedOut);

    private async Task<string> NameOfCookieAsync(string username) =>
        "__Host-idp.trusted." + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData((await FindAsync(username)).Id.ToByteArray()).AsSpan(0, 4));

    private async Task<User> FindAsync(string username)
    {
        await using var scope = Provider.Host.Services.CreateAsyncScope();
        return (await scope.ServiceProvider.GetRequiredService<UserManager<User>>().FindByNameAsync(username))!;
    }

    /// <summary>A server with people of its own.</summary>
    public sealed class Server : IAsyncLifetime
    {
        private static readonly string s_seed =
            $$"""{ "Users": [{{string.Join(',', new[] { "anna", "ben", "cleo", "dora", "emil", "fay", "gus", "hal", "ida", "jo" }.Select(name => $$"""{ "Username": "{{name}}", "Password": "{{name}}" }"""))}}] }""";

        internal Provider Provider { get; } = new();

        internal string RememberDevice { get; init; } = "30.00:00:00";

        public Task InitializeAsync() => Provider.StartAsync(options =>
        {
            options.ExtraSeed = s_seed;
            options.Settings["SecondFactor:RememberDevice"] = RememberDevice;
        });

        public Task DisposeAsync() => Provider.DisposeAsync();
    }
}
