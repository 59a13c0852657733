using System.Net;
using System.Text.RegularExpressions;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Accounts;

/// <summary>Sign-in by a mailed code, where the operator allows it.</summary>
public sealed partial class EmailCodeTests(EmailCodeTests.Server server) : IClassFixture<EmailCodeTests.Server>
{
    private const string EssentialOne = """{"id_token":{"acr":{"essential":true,"value":"1"}}}""";

    private Provider Provider => server.Provider;

    [Fact]
    [Trait("row", "X18")]
    public async Task A_code_signs_in_with_the_lowest_level_once_and_only_in_the_browser_that_asked()
    {
        var client = Provider.Client("web");
        var (browser, other) = (Provider.NewBrowser(), Provider.NewBrowser());
        var page = await browser.GetAsync(RelyingParty.AuthorizeUrl(client.Request()));
        page = await browser.GetAsync(page.Document.GetElementById("email-code-link")!.GetAttribute("href")!);
        page = await browser.SubmitAsync(page, "email-submit", ("email", "anna@example.com"));
        var mail = (await InboxOf("anna").NextAsync()).Message;
        var code = Code().Match(mail.Text).Value;
        Assert.DoesNotContain("/account", mail.Text, StringComparison.Ordinal);

        var stolen = await AskAsync(other, "nobody@example.com");
        stolen = await other.SubmitAsync(stolen, "code-submit", ("code", code));
        Assert.Contains("not right", stolen.Text, StringComparison.Ordinal);

        page = await browser.SubmitAsync(page, "code-submit", ("code", $"{code[..4]} {code[4..]}"));
        var claims = Jwt.Claims((await client.RedeemAsync(Callback.Of(page))).IdToken);
        Assert.Equal("0", claims.GetProperty("acr").GetString());
        Assert.Equal(["otp"], Jwt.Strings(claims, "amr"));
        Assert.True((await browser.GetAsync("/account/login?switch=true")).Has("last-used"));
        page = await browser.SubmitAsync(await browser.GetAsync("/account/email-code?sent=true"), "code-submit", ("code", code));
        Assert.Contains("works no more", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("row", "X18")]
    public async Task It_opens_nothing_sensitive_and_meets_no_client_that_wants_a_factor()
    {
        var browser = await SignInAsync("ben");
        Assert.False((await browser.GetAsync("/account")).IsSignIn);
        Assert.Equal("/account/profile", (await browser.GetAsync("/account/passkey-offer?returnUrl=%2Faccount%2Fprofile")).Url.AbsolutePath);
        foreach (var path in (string[])["/account/password", "/account/email", "/account/security/authenticator", "/account/security/add-passkey"])
        {
            var asked = await browser.GetAsync(path);
            Assert.True(asked.IsSignIn || asked.Status == HttpStatusCode.NotFound, path);
        }

        Provider.Time.Advance(TimeSpan.FromSeconds(1));
        var client = Provider.Client("web");
        var silent = client.Request("openid", ("acr_values", "1"), ("prompt", "none"));
        Assert.Equal("login_required", Callback.Of(await browser.GetAsync(RelyingParty.AuthorizeUrl(silent)))["error"]);
        var page = await browser.GetAsync(RelyingParty.AuthorizeUrl(client.Request("openid", ("acr_values", "1"))));
        Assert.True(page.IsSignIn);
        page = await browser.SignInAsync(page, "ben");
        Assert.Equal("1", Jwt.Claims((await client.RedeemAsync(Callback.Of(page))).IdToken).GetProperty("acr").GetString());
    }

    [Fact]
    [Trait("row", "X18")]
    public async Task A_client_that_insists_on_a_factor_gets_an_error_and_no_loop()
    {
        var client = Provider.Client("web");
        var request = client.Request("openid", ("claims", EssentialOne));
        var browser = Provider.NewBrowser();
        var page = await browser.GetAsync(RelyingParty.AuthorizeUrl(request));
        page = await browser.GetAsync(page.Document.GetElementById("email-code-link")!.GetAttribute("href")!);
        page = await browser.SubmitAsync(page, "email-submit", ("email", "cleo@example.com"));
        page = await browser.SubmitAsync(page, "code-submit", ("code", Code().Match((await InboxOf("cleo").NextAsync()).Message.Text).Value));
        FlowChecks.CheckError(Provider, request, Callback.Of(page), "unmet_authentication_requirements");
    }

    [Fact]
    [Trait("row", "X18")]
    public async Task With_a_code_of_the_app_behind_it_there_is_one_factor_and_not_two()
    {
        var owner = Provider.NewBrowser();
        await owner.SignInAsync(await owner.GetAsync("/account/login"), "dora");
        var page = await owner.GetAsync("/account/security/authenticator");
        var app = AuthenticatorApp.Of(page.Document.GetElementById("totp-secret")!.TextContent, Provider.Time);
        await owner.SubmitAsync(page, "code-submit", ("code", app.CodeOf(-1)));
        var inbox = InboxOf("dora");
        await inbox.NextAsync();
        await inbox.NextAsync();

        var client = Provider.Client("web");
        var request = client.Request("openid", ("acr_values", "2"));
        var browser = Provider.NewBrowser();
        page = await browser.GetAsync(RelyingParty.AuthorizeUrl(request));
        page = await browser.GetAsync(page.Document.GetElementById("email-code-link")!.GetAttribute("href")!);
        page = await browser.SubmitAsync(page, "email-submit", ("email", "dora@example.com"));
        page = await browser.SubmitAsync(page, "code-submit", ("code", Code().Match((await inbox.NextAsync()).Message.Text).Value));
        Assert.Equal("/account/two-factor", page.Url.AbsolutePath);
        page = await browser.SubmitAsync(page, "code-submit", ("code", app.Code));
        var claims = Jwt.Claims((await client.RedeemAsync(Callback.Of(page))).IdToken);
        Assert.Equal("1", claims.GetProperty("acr").GetString());
        Assert.Equal(["otp"], Jwt.Strings(claims, "amr"));
    }

    [Theory]
    [Trait("row", "P13")]
    [InlineData("emil@example.com")]
    [InlineData("nobody@example.com")]
    [InlineData("unverified@example.com")]
    public async Task Whether_there_is_an_account_shows_neither_at_once_nor_after_five_tries(string email)
    {
        var browser = Provider.NewBrowser();
        var page = await AskAsync(browser, email);
        var answers = new List<string>();
        for (var tries = 0; answers.Count < 7 && tries < 200; tries++)
        {
            page = await browser.SubmitAsync(page, "code-submit", ("code", "0000000" + answers.Count));
            var answer = page.Text.Contains("not right", StringComparison.Ordinal) ? "wrong" : page.Text.Contains("works no more", StringComparison.Ordinal) ? "over" : "?";
            if (answers.Count > 0 || answer != "over")
            {
                answers.Add(answer);
            }
            else
            {
                // The code is made behind the answer.
                await Task.Delay(50);
            }
        }

        Assert.Equal(["wrong", "wrong", "wrong", "wrong", "over", "over", "over"], answers);
    }

    [Fact]
    public async Task A_code_is_too_old_after_ten_minutes()
    {
        var browser = Provider.NewBrowser();
        var page = await AskAsync(browser, "fay@example.com");
        var code = Code().Match((await InboxOf("fay").NextAsync()).Message.Text).Value;
        Provider.Skip(TimeSpan.FromMinutes(11));
        Assert.Contains("works no more", (await browser.SubmitAsync(page, "code-submit", ("code", code))).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_address_gets_three_mails_an_hour_and_no_more()
    {
        for (var i = 0; i < 5; i++)
        {
            await AskAsync(Provider.NewBrowser(), "gus@example.com");
        }

        await SignInAsync("hal");
        Assert.Equal(3, InboxOf("gus").All.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nobody")]
    [InlineData("a@example.com\r\nBcc: b@example.com")]
    public async Task What_is_no_address_is_refused(string email)
    {
        var browser = Provider.NewBrowser();
        var page = await browser.SubmitAsync(await browser.GetAsync("/account/email-code"), "email-submit", ("email", email));
        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.True(page.Has("code-problem"));
    }

    [Fact]
    public async Task Where_it_is_not_allowed_there_is_no_such_page()
    {
        var closed = new Provider();
        await closed.InitializeAsync();
        try
        {
            Assert.Equal(HttpStatusCode.NotFound, (await closed.NewBrowser().GetAsync("/account/email-code")).Status);
            Assert.False((await closed.NewBrowser().GetAsync("/account/login")).Has("email-code-link"));
        }
        finally
        {
            await closed.DisposeAsync();
        }
    }

    private async Task<Browser> SignInAsync(string name)
    {
        var browser = Provider.NewBrowser();
        var page = await AskAsync(browser, $"{name}@example.com");
        page = await browser.SubmitAsync(page, "code-submit", ("code", Code().Match((await InboxOf(name).NextAsync()).Message.Text).Value));
        Assert.Equal("/account", page.Url.AbsolutePath);
        return browser;
    }

    private static async Task<Page> AskAsync(Browser browser, string email) =>
        await browser.SubmitAsync(await browser.GetAsync("/account/email-code"), "email-submit", ("email", email));

    private Mailbox InboxOf(string name) => new(Provider.Host, $"{name}@example.com");

    [GeneratedRegex(@"(?<=: )\d{8}(?=\n)")]
    private static partial Regex Code();

    public sealed class Server : IAsyncLifetime
    {
        public Provider Provider { get; } = new();

        public Task InitializeAsync() => Provider.StartAsync(options =>
        {
            options.Settings["Accounts:EmailCodeSignIn"] = "true";
            options.Settings["RateLimits:ResetsPerNetwork"] = "1000";
            options.ExtraSeed = $$"""{"Users":[{"Username":"unverified","Password":"unverified","Email":"unverified@example.com"},{{string.Join(',', ((string[])["anna", "ben", "cleo", "dora", "emil", "fay", "gus", "hal"])
                .Select(name => $$"""{"Username":"{{name}}","Password":"{{name}}","Email":"{{name}}@example.com","EmailVerified":true}"""))}}]}""";
        });

        public Task DisposeAsync() => Provider.DisposeAsync();
    }
}
