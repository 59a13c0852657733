using System.Net;
using IdentityProvider.Accounts.Throttling;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Tests.Support;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Tests.Accounts;

/// <summary>Sign-in with several steps, and the rise of a session, without scripts.</summary>
public sealed class TwoFactorTests(TwoFactorTests.Server server) : IClassFixture<TwoFactorTests.Server>
{
    private const string EssentialTwo = """{"id_token":{"acr":{"essential":true,"value":"2"}}}""";

    private Provider Provider => server.Provider;

    [Fact]
    [Trait("row", "S1")]
    public async Task A_password_alone_makes_no_session_once_an_app_is_set_up()
    {
        var app = await SetUpAsync("anna");
        var browser = Provider.NewBrowser();
        var page = await browser.SignInAsync(await browser.GetAsync("/account/login"), "anna");

        Assert.Equal("/account/two-factor", page.Url.AbsolutePath);
        Assert.DoesNotContain(browser.SetCookies, cookie => cookie.StartsWith("__Host-idp.session=", StringComparison.Ordinal));
        Assert.True((await browser.GetAsync("/account")).IsSignIn);

        page = await browser.SubmitAsync(page, "code-submit", ("code", app.Code));
        Assert.Equal("/account", page.Url.AbsolutePath);
        Assert.Contains(browser.SetCookies, cookie => cookie.StartsWith("__Host-idp.second-factor.", StringComparison.Ordinal) && cookie.Contains("expires=Thu, 01 Jan 1970", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Two_factors_are_acr_2_and_named_in_amr()
    {
        var app = await SetUpAsync("ben");
        var client = Provider.Client("web");
        var request = client.Request();
        var browser = Provider.NewBrowser();
        var page = await browser.SignInAsync(await browser.GetAsync(RelyingParty.AuthorizeUrl(request)), "ben");
        page = await browser.SubmitAsync(page, "code-submit", ("code", app.Code));

        var claims = Jwt.Claims((await client.RedeemAsync(Callback.Of(page))).IdToken);
        Assert.Equal("2", claims.GetProperty("acr").GetString());
        Assert.Equal(["pwd", "otp", "mfa"], Jwt.Strings(claims, "amr"));
    }

    [Fact]
    public async Task A_code_counts_once_even_when_the_next_sign_in_is_honest()
    {
        var app = await SetUpAsync("cleo");
        await SignInAsync("cleo", app.Code, "/account");
        await SignInAsync("cleo", app.Code, "/account/two-factor");
        await SignInAsync("cleo", app.CodeOf(1), "/account");
        await SignInAsync("cleo", app.CodeOf(-1), "/account/two-factor");
    }

    [Fact]
    [Trait("row", "R8")]
    public async Task After_five_wrong_codes_the_right_one_has_to_wait_but_neither_recovery_codes_nor_a_known_device()
    {
        var known = Provider.NewBrowser();
        await known.SignInAsync(await known.GetAsync("/account/login"), "dora");
        var (app, codes) = await SetUpWithCodesAsync("dora");
        var browser = Provider.NewBrowser();
        var page = await browser.SignInAsync(await browser.GetAsync("/account/login"), "dora");
        for (var attempt = 0; attempt < 5; attempt++)
        {
            page = await browser.SubmitAsync(page, "code-submit", ("code", app.WrongCode));
            Assert.Equal(HttpStatusCode.OK, page.Status);
            Assert.NotNull(page.Document.QuerySelector("[role=alert]"));
        }

        page = await browser.SubmitAsync(page, "code-submit", ("code", app.Code));
        Assert.Equal(HttpStatusCode.TooManyRequests, page.Status);
        Assert.NotEmpty(page.Header("Retry-After"));
        page = await known.SignInAsync(await known.GetAsync("/account/login?switch=true"), "dora");
        Assert.Equal("/account", (await known.SubmitAsync(page, "code-submit", ("code", app.Code))).Url.AbsolutePath);
        page = await browser.GetAsync("/account/two-factor?method=Recovery");
        page = await browser.SubmitAsync(page, "code-submit", ("code", codes[0]));
        Assert.Equal("/account", page.Url.AbsolutePath);

        Provider.Skip(TimeSpan.FromMinutes(16));
        await SignInAsync("dora", app.Code, "/account");
    }

    [Fact]
    [Trait("row", "R8")]
    public async Task Wrong_codes_are_among_the_hundred_in_a_row_that_a_right_password_does_not_forget_and_a_known_device_does()
    {
        var known = Provider.NewBrowser();
        await known.SignInAsync(await known.GetAsync("/account/login"), "quin");
        var app = await SetUpAsync("quin");
        var failures = Provider.Host.Services.GetRequiredService<IPasswordFailures>();
        await using var scope = Provider.Host.Services.CreateAsyncScope();
        var quin = (await scope.ServiceProvider.GetRequiredService<UserManager<User>>().FindByNameAsync("quin"))!;
        for (var i = 0; i < 99; i++)
        {
            await failures.RaiseAsync(quin.Id);
        }

        var guesser = Provider.NewBrowser();
        var page = await guesser.SignInAsync(await guesser.GetAsync("/account/login"), "quin");
        Assert.Equal("/account/two-factor", page.Url.AbsolutePath);
        await guesser.SubmitAsync(page, "code-submit", ("code", app.WrongCode));
        page = await guesser.SubmitAsync(page, "code-submit", ("code", app.Code));
        Assert.Equal((HttpStatusCode.OK, "/account/two-factor"), (page.Status, page.Url.AbsolutePath));
        var inbox = new Mailbox(Provider.Host, "quin@example.com");
        while (!(await inbox.NextAsync()).Message.Text.Contains("sign-in codes", StringComparison.Ordinal))
        {
        }

        page = await known.SignInAsync(await known.GetAsync("/account/login?switch=true"), "quin");
        Assert.Equal("/account", (await known.SubmitAsync(page, "code-submit", ("code", app.Code))).Url.AbsolutePath);
        await SignInAsync("quin", app.CodeOf(1), "/account");
    }

    [Fact]
    [Trait("row", "D6")]
    public async Task A_session_that_a_code_has_raised_is_not_fresh_by_that()
    {
        var weak = Provider.NewBrowser();
        await weak.SignInAsync(await weak.GetAsync("/account/login"), "rosa");
        var app = await SetUpAsync("rosa");
        var client = Provider.Client("web");
        var before = Jwt.Claims((await client.RedeemAsync(Callback.Of(await weak.GetAsync(RelyingParty.AuthorizeUrl(client.Request()))))).IdToken);
        Provider.Skip(TimeSpan.FromMinutes(6));

        var page = await weak.GetAsync(RelyingParty.AuthorizeUrl(client.Request(changes: ("claims", EssentialTwo))));
        page = await weak.SubmitAsync(page, "code-submit", ("code", app.Code));
        var claims = Jwt.Claims((await client.RedeemAsync(Callback.Of(page))).IdToken);
        Assert.Equal("2", claims.GetProperty("acr").GetString());
        var authTime = before.GetProperty("auth_time").GetInt64();
        Assert.InRange(claims.GetProperty("auth_time").GetInt64(), authTime, authTime + 30);
        Assert.True((await weak.GetAsync("/account/security/authenticator")).IsSignIn);
    }

    [Fact]
    public async Task A_recovery_code_stands_in_for_the_app_once_however_it_is_typed()
    {
        var (_, codes) = await SetUpWithCodesAsync("emil");
        var code = codes[3];
        Assert.Equal("/account", await RecoverAsync("emil", code.ToUpperInvariant().Replace("-", "  ", StringComparison.Ordinal)));
        Assert.Equal("/account/two-factor", await RecoverAsync("emil", code));
        Assert.Equal("/account", await RecoverAsync("emil", codes[4]));
    }

    [Fact]
    public async Task The_step_between_ends_after_ten_minutes_and_belongs_to_one_browser_and_one_destination()
    {
        var app = await SetUpAsync("fay");
        var browser = Provider.NewBrowser();
        var page = await browser.SignInAsync(await browser.GetAsync("/account/login?returnUrl=%2Faccount%2Fsecurity"), "fay");
        Assert.Equal("/account/two-factor", page.Url.AbsolutePath);

        Assert.True((await Provider.NewBrowser().GetAsync(page.Url.PathAndQuery)).IsSignIn);
        Assert.True((await browser.GetAsync("/account/two-factor?returnUrl=%2Faccount")).IsSignIn);

        Provider.Skip(TimeSpan.FromMinutes(11));
        Assert.True((await browser.SubmitAsync(page, "code-submit", ("code", app.Code))).IsSignIn);
    }

    [Fact]
    public async Task Removing_the_app_makes_the_password_enough_and_its_codes_worthless()
    {
        await SetUpAsync("gus.of.the.long.pass", async browser =>
        {
            var page = await browser.GetAsync("/account/security/authenticator");
            page = await browser.SubmitAsync(page, "remove-submit");
            Assert.Equal("/account/security", page.Url.AbsolutePath);
        });

        var again = Provider.NewBrowser();
        var home = await again.SignInAsync(await again.GetAsync("/account/login"), "gus.of.the.long.pass");
        Assert.Equal("/account", home.Url.AbsolutePath);
    }

    [Fact]
    public async Task New_recovery_codes_replace_the_old_ones()
    {
        IReadOnlyList<string> fresh = [];
        var (_, codes) = await SetUpWithCodesAsync("hal", async browser =>
        {
            var page = await browser.SubmitAsync(await browser.GetAsync("/account/security/recovery-codes"), "codes-submit");
            fresh = [.. page.Document.QuerySelectorAll("#recovery-codes code").Select(code => code.TextContent)];
        });

        Assert.Equal(10, fresh.Count);
        Assert.Equal("/account/two-factor", await RecoverAsync("hal", codes[0]));
        Assert.Equal("/account", await RecoverAsync("hal", fresh[0]));
    }

    [Fact]
    [Trait("row", "S1")]
    public async Task A_session_of_one_factor_rises_to_two_with_a_new_handle_when_a_client_insists()
    {
        var weak = Provider.NewBrowser();
        await weak.SignInAsync(await weak.GetAsync("/account/login"), "ida");
        var app = await SetUpAsync("ida");
        var before = SessionCookie(weak);
        var client = Provider.Client("web");
        var request = client.Request(changes: ("claims", EssentialTwo));

        var page = await weak.GetAsync(RelyingParty.AuthorizeUrl(request));
        Assert.Equal("/account/two-factor", page.Url.AbsolutePath);
        page = await weak.SubmitAsync(page, "code-submit", ("code", app.Code));

        var claims = Jwt.Claims((await client.RedeemAsync(Callback.Of(page))).IdToken);
        Assert.Equal("2", claims.GetProperty("acr").GetString());
        Assert.Equal(["pwd", "otp", "mfa"], Jwt.Strings(claims, "amr"));
        Assert.NotEqual(before, SessionCookie(weak));
    }

    [Theory]
    [InlineData("claims", EssentialTwo, "unmet_authentication_requirements")]
    [InlineData("acr_values", "2", null)]
    public async Task Who_goes_on_without_the_step_gives_the_client_what_was_achieved_or_an_error_if_it_insists(string parameter, string value, string? error)
    {
        var username = error is null ? "jan" : "kim";
        var weak = Provider.NewBrowser();
        await weak.SignInAsync(await weak.GetAsync("/account/login"), username);
        await SetUpAsync(username);
        var client = Provider.Client("web");
        var request = client.Request(changes: (parameter, value));

        var page = await weak.GetAsync(RelyingParty.AuthorizeUrl(request));
        page = await weak.SubmitAsync(page, "skip-submit");

        if (error is null)
        {
            Assert.Equal("1", Jwt.Claims((await client.RedeemAsync(Callback.Of(page))).IdToken).GetProperty("acr").GetString());
        }
        else
        {
            FlowChecks.CheckError(Provider, request, Callback.Of(page), error);
        }
    }

    [Fact]
    public async Task Without_a_person_a_voluntary_acr_is_left_out_and_an_essential_one_is_interaction_required()
    {
        var weak = Provider.NewBrowser();
        await weak.SignInAsync(await weak.GetAsync("/account/login"), "leo");
        await SetUpAsync("leo");
        var client = Provider.Client("web");

        var voluntary = client.Request(changes: [("acr_values", "2"), ("prompt", "none")]);
        var page = await weak.GetAsync(RelyingParty.AuthorizeUrl(voluntary));
        Assert.Equal("1", Jwt.Claims((await client.RedeemAsync(Callback.Of(page))).IdToken).GetProperty("acr").GetString());

        var essential = client.Request(changes: [("claims", EssentialTwo), ("prompt", "none")]);
        FlowChecks.CheckError(Provider, essential, Callback.Of(await weak.GetAsync(RelyingParty.AuthorizeUrl(essential))), "interaction_required");
    }

    [Fact]
    public async Task Sensitive_pages_want_a_fresh_sign_in_and_forms_that_come_late_are_not_obeyed()
    {
        var browser = Provider.NewBrowser();
        await browser.SignInAsync(await browser.GetAsync("/account/login"), "mia");
        var form = await browser.GetAsync("/account/security/authenticator");
        Assert.True(form.Has("totp-secret"));

        Provider.Skip(TimeSpan.FromMinutes(6));
        var page = await browser.SubmitAsync(form, "code-submit", ("code", "123456"));
        Assert.True(page.IsSignIn);
        Assert.Equal("mia", page.Document.GetElementById("username")!.GetAttribute("value"));
        page = await browser.SignInAsync(page, "mia");
        Assert.Equal("/account/security/authenticator", page.Url.AbsolutePath);
        Assert.Equal("/account/security", (await browser.GetAsync("/account/security")).Url.AbsolutePath);
    }

    [Fact]
    public async Task A_set_up_of_somebody_else_is_not_confirmed()
    {
        var (nora, otto) = (Provider.NewBrowser(), Provider.NewBrowser());
        await nora.SignInAsync(await nora.GetAsync("/account/login"), "nora");
        await otto.SignInAsync(await otto.GetAsync("/account/login"), "otto");
        var hers = await nora.GetAsync("/account/security/authenticator");
        var ticket = hers.Document.QuerySelector("input[name=ticket]")!.GetAttribute("value");
        var secret = hers.Document.GetElementById("totp-secret")!.TextContent;

        var page = await otto.SubmitAsync(await otto.GetAsync("/account/security/authenticator"), "code-submit", ("ticket", ticket), ("code", AuthenticatorApp.Of(secret, Provider.Time).Code));

        Assert.NotNull(page.Document.QuerySelector("[role=alert]"));
        Assert.NotEqual(secret, page.Document.GetElementById("totp-secret")!.TextContent);
    }

    [Theory]
    [InlineData("")]
    [InlineData("12345")]
    [InlineData("1234567890123")]
    [InlineData("🦊🦊🦊🦊🦊🦊")]
    [InlineData("12\0456")]
    [InlineData("<b>1</b>")]
    public async Task A_code_that_cannot_be_one_is_refused_politely(string code)
    {
        var app = await SetUpAsync("pia" + code.Length);
        Assert.NotNull(app);
        var browser = Provider.NewBrowser();
        foreach (var method in new[] { "App", "Recovery", "Passkey", "Other", "nonsense" })
        {
            var page = await browser.SignInAsync(await browser.GetAsync("/account/login"), "pia" + code.Length);
            page = await browser.SubmitAsync(page, "code-submit", ("code", code), ("method", method), ("credential", "[]"), ("challenge", "x"));
            Assert.Equal(HttpStatusCode.OK, page.Status);
            Assert.Equal("/account/two-factor", page.Url.AbsolutePath);
        }
    }

    private async Task<AuthenticatorApp> SetUpAsync(string username, Func<Browser, Task>? then = null) => (await SetUpWithCodesAsync(username, then)).App;

    /// <summary>Sets up an app, with the code of the step before this one, so that this one is not used up.</summary>
    private async Task<(AuthenticatorApp App, IReadOnlyList<string> Codes)> SetUpWithCodesAsync(string username, Func<Browser, Task>? then = null)
    {
        var browser = Provider.NewBrowser();
        await browser.SignInAsync(await browser.GetAsync("/account/login"), username);
        var page = await browser.GetAsync("/account/security/authenticator");
        var app = AuthenticatorApp.Of(page.Document.GetElementById("totp-secret")!.TextContent, Provider.Time);
        page = await browser.SubmitAsync(page, "code-submit", ("code", app.CodeOf(-1)));
        var codes = page.Document.QuerySelectorAll("#recovery-codes code").Select(code => code.TextContent).ToList();
        Assert.Equal(10, codes.Count);
        if (then is not null)
        {
            await then(browser);
        }

        return (app, codes);
    }

    private async Task SignInAsync(string username, string code, string arrives)
    {
        var browser = Provider.NewBrowser();
        var page = await browser.SignInAsync(await browser.GetAsync("/account/login"), username);
        page = await browser.SubmitAsync(page, "code-submit", ("code", code));
        Assert.Equal(arrives, page.Url.AbsolutePath);
    }

    private async Task<string> RecoverAsync(string username, string code)
    {
        var browser = Provider.NewBrowser();
        var page = await browser.SignInAsync(await browser.GetAsync("/account/login"), username);
        page = await browser.GetAsync(page.Document.GetElementById("other-way")!.GetAttribute("href")!);
        page = await browser.GetAsync(page.Document.GetElementById("way-recovery")!.GetAttribute("href")!);
        return (await browser.SubmitAsync(page, "code-submit", ("code", code))).Url.AbsolutePath;
    }

    private string? SessionCookie(Browser browser) => browser.Cookies.GetCookies(new Uri(Provider.Issuer))["__Host-idp.session"]?.Value;

    /// <summary>A server with people of its own, since setting up a factor changes them.</summary>
    public sealed class Server : IAsyncLifetime
    {
        private static readonly string[] s_people =
            ["anna", "ben", "cleo", "dora", "emil", "fay", "gus.of.the.long.pass", "hal", "ida", "jan", "kim", "leo", "mia", "nora", "otto", "quin", "rosa", "pia0", "pia5", "pia6", "pia8", "pia12", "pia13"];

        internal Provider Provider { get; } = new();

        public Task InitializeAsync() => Provider.StartAsync(options => options.ExtraSeed =
            $$"""{ "Users": [{{string.Join(',', s_people.Select(name => $$"""{ "Username": "{{name}}", "Password": "{{name}}", "Email": "{{name}}@example.com", "EmailVerified": true }"""))}}] }""");

        public Task DisposeAsync() => Provider.DisposeAsync();
    }
}
