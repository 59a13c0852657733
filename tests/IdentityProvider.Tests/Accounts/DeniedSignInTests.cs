using IdentityProvider.Accounts.Locations;
using IdentityProvider.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Xunit;

namespace IdentityProvider.Tests.Accounts;

/// <summary>The mail about a sign-in from a new place, and what its link does.</summary>
public sealed class DeniedSignInTests : IAsyncLifetime
{
    private const string NewPassword = "the owner's own pass phrase";

    private readonly Places _countries = new();

    private Provider Provider { get; } = new();

    /// <summary>A server for each: some let days pass, and then no account is new.</summary>
    public Task InitializeAsync() => Provider.StartAsync(options =>
    {
        options.Configure = builder => builder.Services.Replace(ServiceDescriptor.Singleton<ICountryLookup>(_countries));
        options.ExtraSeed = $$"""{"Users":[{{string.Join(',', ((string[])["anna", "ben", "cleo", "dora", "emil", "fay", "gus", "hal"])
            .Select(name => $$"""{"Username":"{{name}}","Password":"{{name}}","Email":"{{name}}@example.com","EmailVerified":true}"""))}}]}""";
    });

    public Task DisposeAsync() => Provider.DisposeAsync();

    [Fact]
    [Trait("row", "E3")]
    public async Task The_first_device_is_no_news_and_each_further_one_is_told_once()
    {
        var browser = await SignInAsync("anna");
        Assert.Empty(SignInsOf("anna").All);
        await browser.SignInAsync(await browser.GetAsync("/account/login?switch=true"), "anna");
        Assert.Empty(SignInsOf("anna").All);

        await SignInAsync("anna", userAgent: "Mozilla/5.0 (Windows NT 10.0) Chrome/130.0");
        var mail = (await SignInsOf("anna").NextAsync()).Message;
        Assert.Contains("Chrome, Windows", mail.Text, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1", mail.Text, StringComparison.Ordinal);
        Assert.Contains("This was not me", mail.Html, StringComparison.Ordinal);
        Assert.Single(SignInsOf("anna").All);
    }

    [Fact]
    [Trait("row", "E3")]
    public async Task A_known_device_in_a_new_country_is_news_and_the_mail_names_the_country()
    {
        _countries.Now = "DE";
        var browser = await SignInAsync("ben");
        _countries.Now = "FR";
        await browser.SignInAsync(await browser.GetAsync("/account/login?switch=true"), "ben");
        Assert.Contains("(France)", (await SignInsOf("ben").NextAsync()).Message.Text, StringComparison.Ordinal);
        await browser.SignInAsync(await browser.GetAsync("/account/login?switch=true"), "ben");
        Assert.Single(SignInsOf("ben").All);
        _countries.Now = null;
    }

    [Fact]
    [Trait("row", "E7")]
    public async Task One_post_locks_the_thief_out_and_says_which_apps_were_reached()
    {
        await SignInAsync("cleo");
        var client = Provider.Client("web");
        var thief = Provider.NewBrowser();
        var page = await thief.SignInAsync(await thief.GetAsync(RelyingParty.AuthorizeUrl(client.Request("openid offline_access api.read"))), "cleo");
        var tokens = await client.RedeemAsync(Callback.Of(page.IsConsent ? await thief.SubmitAsync(page, "consent-allow") : page));
        var mail = await SignInsOf("cleo").NextAsync();

        var owner = Provider.NewBrowser();
        page = await owner.GetAsync(mail.Path);
        Assert.Equal("no-referrer", page.Header("Referrer-Policy"));
        Assert.DoesNotContain("cleo", page.Text, StringComparison.Ordinal);
        Assert.False((await thief.GetAsync("/account")).IsSignIn);

        page = await owner.SubmitAsync(page, "not-me-submit");
        Assert.True(page.Has("forgot-link"));
        Assert.Contains(page.Document.QuerySelectorAll("#apps strong"), app => app.TextContent.Contains("Web", StringComparison.OrdinalIgnoreCase));
        Assert.True((await thief.GetAsync("/account")).IsSignIn);
        (await client.RefreshAsync(tokens.RefreshToken)).Fails("invalid_grant");
        Assert.True((await thief.SignInAsync(await thief.GetAsync("/account/login"), "cleo")).IsSignIn);
        Assert.Contains("used already", (await owner.GetAsync(mail.Path)).Text, StringComparison.Ordinal);

        var inbox = InboxOf("cleo");
        Assert.Contains("is locked", (await inbox.NextAsync()).Message.Subject, StringComparison.Ordinal);
        await ResetAsync(owner, "cleo", inbox);
        Assert.Equal("/account", (await owner.SignInAsync(await owner.GetAsync("/account/login"), "cleo", NewPassword)).Url.AbsolutePath);
        Assert.Contains("reported a sign-in", (await owner.GetAsync("/account/activity")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_factor_of_the_thief_does_not_keep_the_owner_out_and_one_of_the_owner_stays()
    {
        await SignInAsync("dora");
        var thief = await SignInAsync("dora");
        await SetUpAppAsync(thief);
        var owner = Provider.NewBrowser();
        await owner.SubmitAsync(await owner.GetAsync((await SignInsOf("dora").NextAsync()).Path), "not-me-submit");
        var inbox = InboxOf("dora");
        Assert.Contains("authenticator app", (await inbox.NextAsync()).Message.Subject, StringComparison.Ordinal);
        await inbox.NextAsync();
        await inbox.NextAsync();
        await ResetAsync(owner, "dora", inbox);
        Assert.Equal("/account", (await owner.SignInAsync(await owner.GetAsync("/account/login"), "dora", NewPassword)).Url.AbsolutePath);

        var app = await SetUpAppAsync(owner);
        Provider.Skip(TimeSpan.FromMinutes(5));
        thief = await SignInAsync("dora", NewPassword, arrives: "/account/two-factor");
        Assert.NotNull(thief);
        var other = Provider.NewBrowser();
        var page = await other.SignInAsync(await other.GetAsync("/account/login"), "dora", NewPassword);
        await other.SubmitAsync(page, "code-submit", ("code", app.Code));
        var mails = SignInsOf("dora");
        await mails.NextAsync();
        await mails.NextAsync();
        await owner.SubmitAsync(await owner.GetAsync((await mails.NextAsync()).Path), "not-me-submit");
        while (!(await inbox.NextAsync()).Message.Subject.Contains("is locked", StringComparison.Ordinal))
        {
        }

        await ResetAsync(owner, "dora", inbox);
        Assert.Equal("/account/two-factor", (await owner.SignInAsync(await owner.GetAsync("/account/login"), "dora", NewPassword)).Url.AbsolutePath);
    }

    [Fact]
    public async Task The_address_that_a_thief_has_changed_comes_back_and_the_former_one_hears_of_further_sign_ins()
    {
        await SignInAsync("emil");
        var thief = await SignInAsync("emil");
        var first = await SignInsOf("emil").NextAsync();
        var page = await thief.SubmitAsync(await thief.GetAsync("/account/email"), "email-submit", ("email", "thief@example.com"));
        await thief.SubmitAsync(page, "code-submit", ("code", (await InboxOf("thief").NextAsync()).Code));
        await SignInAsync("emil");
        var (atThief, atOwner) = (await SignInsOf("thief").NextAsync(), SignInsOf("emil"));
        await atOwner.NextAsync();
        Assert.NotEqual(atThief.Path, (await atOwner.NextAsync()).Path);
        Assert.Single(SignInsOf("thief").All);
        Assert.Equal(2, atOwner.All.Count);

        var owner = Provider.NewBrowser();
        await owner.SubmitAsync(await owner.GetAsync(first.Path), "not-me-submit");
        var inbox = InboxOf("emil");
        var undo = await inbox.NextAsync();
        Assert.Contains("is locked", (await inbox.NextAsync()).Message.Subject, StringComparison.Ordinal);
        Assert.False((await owner.GetAsync(undo.Path)).Has("undo-submit"));
        await owner.SubmitAsync(await owner.GetAsync("/account/forgot-password"), "forgot-submit", ("email", "thief@example.com"));
        await ResetAsync(owner, "emil", inbox);
        await owner.SignInAsync(await owner.GetAsync("/account/login"), "emil", NewPassword);
        Assert.Contains("emil@example.com", (await owner.GetAsync("/account/email")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_latest_link_at_a_former_address_takes_the_change_of_it_back_too()
    {
        await SignInAsync("gus");
        var thief = await SignInAsync("gus");
        var page = await thief.SubmitAsync(await thief.GetAsync("/account/email"), "email-submit", ("email", "thief2@example.com"));
        await thief.SubmitAsync(page, "code-submit", ("code", (await InboxOf("thief2").NextAsync()).Code));
        Provider.Skip(TimeSpan.FromHours(2));
        await SignInAsync("gus");
        var mails = SignInsOf("gus");
        await mails.NextAsync();

        var owner = Provider.NewBrowser();
        await owner.SubmitAsync(await owner.GetAsync((await mails.NextAsync()).Path), "not-me-submit");
        var inbox = InboxOf("gus");
        await inbox.NextAsync();
        Assert.Contains("is locked", (await inbox.NextAsync()).Message.Subject, StringComparison.Ordinal);
        await ResetAsync(owner, "gus", inbox);
        await owner.SignInAsync(await owner.GetAsync("/account/login"), "gus", NewPassword);
        Assert.Contains("gus@example.com", (await owner.GetAsync("/account/email")).Text, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("row", "E3")]
    public async Task To_an_account_that_is_not_new_a_first_device_is_news()
    {
        Provider.Skip(TimeSpan.FromDays(2));
        await SignInAsync("hal");
        Assert.Single([await SignInsOf("hal").NextAsync()]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("\0")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task A_link_that_is_none_does_nothing(string token)
    {
        var browser = Provider.NewBrowser();
        var page = await browser.GetAsync("/account/not-me?token=" + Uri.EscapeDataString(token));
        Assert.Equal(System.Net.HttpStatusCode.OK, page.Status);
        Assert.False(page.Has("not-me-submit"));
    }

    [Fact]
    public async Task A_link_is_good_for_seven_days_and_for_nothing_else()
    {
        await SignInAsync("fay");
        await SignInAsync("fay");
        var path = (await SignInsOf("fay").NextAsync()).Path;
        var token = path[(path.IndexOf('=', StringComparison.Ordinal) + 1)..];
        var browser = Provider.NewBrowser();
        Assert.False((await browser.GetAsync("/account/email/undo?token=" + token)).Has("undo-submit"));
        Assert.False((await browser.GetAsync("/account/reset-password?token=" + token)).Has("reset-submit"));
        Provider.Skip(TimeSpan.FromDays(6));
        var page = await browser.GetAsync(path);
        Assert.True(page.Has("not-me-submit"));
        Provider.Skip(TimeSpan.FromDays(2));
        Assert.Contains("too old", (await browser.SubmitAsync(page, "not-me-submit")).Text, StringComparison.Ordinal);
        await SignInAsync("fay");
    }

    private static async Task ResetAsync(Browser browser, string name, Mailbox inbox)
    {
        await browser.SubmitAsync(await browser.GetAsync("/account/forgot-password"), "forgot-submit", ("email", name + "@example.com"));
        var page = await browser.SubmitAsync(await browser.GetAsync((await inbox.NextAsync()).Path), "reset-submit", ("password", NewPassword));
        Assert.True(page.Has("sign-in-link"));
        Assert.Contains("was changed", (await inbox.NextAsync()).Message.Subject, StringComparison.Ordinal);
    }

    private async Task<AuthenticatorApp> SetUpAppAsync(Browser browser)
    {
        var page = await browser.GetAsync("/account/security/authenticator");
        var app = AuthenticatorApp.Of(page.Document.GetElementById("totp-secret")!.TextContent, Provider.Time);
        await browser.SubmitAsync(page, "code-submit", ("code", app.CodeOf(-1)));
        return app;
    }

    private async Task<Browser> SignInAsync(string username, string? password = null, string arrives = "/account", string userAgent = "Mozilla/5.0 Firefox/140.0")
    {
        var browser = Provider.NewBrowser(userAgent);
        var page = await browser.SignInAsync(await browser.GetAsync("/account/login"), username, password);
        Assert.Equal(arrives, page.Url.AbsolutePath);
        return browser;
    }

    private Mailbox InboxOf(string name) => new(Provider.Host, $"{name}@example.com");

    private Mailbox SignInsOf(string name) => new(Provider.Host, $"{name}@example.com", signIns: true);

    private sealed class Places : ICountryLookup
    {
        public string? Now { get; set; }

        public string? Find(System.Net.IPAddress? address) => Now;
    }
}
