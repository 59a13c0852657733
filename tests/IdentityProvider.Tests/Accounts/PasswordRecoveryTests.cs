using System.Diagnostics;
using System.Net;
using IdentityProvider.Accounts.Recovery;
using IdentityProvider.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace IdentityProvider.Tests.Accounts;

/// <summary>Getting back in by a mailed link.</summary>
public sealed class PasswordRecoveryTests(PasswordRecoveryTests.Server server) : IClassFixture<PasswordRecoveryTests.Server>
{
    private const string NewPassword = "an entirely new pass phrase";

    private Provider Provider => server.Provider;

    [Fact]
    [Trait("row", "P10")]
    [Trait("row", "P11")]
    [Trait("row", "P12")]
    public async Task A_new_password_ends_every_session_and_grant_and_the_owner_is_told()
    {
        var client = Provider.Client("web");
        var browser = Provider.NewBrowser();
        var page = await browser.SignInAsync(await browser.GetAsync(RelyingParty.AuthorizeUrl(client.Request(changes: ("scope", "openid offline_access")))), "anna");
        page = page.IsConsent ? await browser.SubmitAsync(page, "consent-allow") : page;
        var refresh = (await client.RedeemAsync(Callback.Of(page))).RefreshToken;
        var inbox = InboxOf("anna");
        var first = await ForgetAsync(inbox);
        var link = await ForgetAsync(inbox);

        page = await ResetAsync(link, NewPassword);
        Assert.Equal("/account/reset-password", page.Url.AbsolutePath);
        Assert.True(page.Has("sign-in-link"));

        Assert.True((await browser.GetAsync("/account")).IsSignIn);
        (await client.RefreshAsync(refresh)).Fails("invalid_grant");
        Assert.Contains("was changed", (await inbox.NextAsync()).Message.Subject, StringComparison.Ordinal);
        Assert.True((await browser.SignInAsync(await browser.GetAsync("/account/login"), "anna")).IsSignIn);
        Assert.Equal("/account", (await browser.SignInAsync(await browser.GetAsync("/account/login"), "anna", NewPassword)).Url.AbsolutePath);

        Assert.Contains("used already", (await Provider.NewBrowser().GetAsync(link)).Text, StringComparison.Ordinal);
        Assert.False((await Provider.NewBrowser().GetAsync(first)).Has("reset-submit"));
    }

    [Fact]
    public async Task A_link_that_was_looked_at_by_a_scanner_still_works_and_leaks_to_nobody()
    {
        var link = await ForgetAsync(InboxOf("ben"));
        for (var i = 0; i < 3; i++)
        {
            var page = await Provider.NewBrowser().GetAsync(link);
            Assert.Equal("no-referrer", page.Header("Referrer-Policy"));
            Assert.Contains("no-store", page.Header("Cache-Control"), StringComparison.Ordinal);
        }

        Assert.True((await ResetAsync(link, NewPassword)).Has("sign-in-link"));
    }

    [Fact]
    [Trait("row", "P10")]
    public async Task A_link_is_good_for_a_quarter_of_an_hour()
    {
        var link = await ForgetAsync(InboxOf("cleo"));
        var browser = Provider.NewBrowser();
        var open = await browser.GetAsync(link);
        Provider.Skip(TimeSpan.FromMinutes(16));
        var page = await Provider.NewBrowser().GetAsync(link);
        Assert.Contains("too old", page.Text, StringComparison.Ordinal);
        Assert.True(page.Has("forgot-link"));

        // Nor is the form obeyed that was opened in time.
        page = await browser.SubmitAsync(open, "reset-submit", ("password", NewPassword));
        Assert.False(page.Has("sign-in-link"));
        Assert.Contains("too old", page.Text, StringComparison.Ordinal);
        page = await browser.SignInAsync(await browser.GetAsync("/account/login"), "cleo", NewPassword);
        Assert.True(page.IsSignIn);
    }

    [Theory]
    [InlineData("x@example.com\r\nBcc: y@example.com")]
    [InlineData("x@example.com\nBcc: y@example.com")]
    [InlineData("x@example.com\0")]
    [InlineData("x@example.com, y@example.com")]
    public async Task An_address_with_a_header_in_it_is_no_address(string email)
    {
        var browser = Provider.NewBrowser();
        var page = await browser.SubmitAsync(await browser.GetAsync("/account/forgot-password"), "forgot-submit", ("email", email));
        Assert.True(page.Has("forgot-submit"), page.Text);
        Assert.Empty(new Mailbox(Provider.Host, "y@example.com").All);
    }

    [Fact]
    public async Task A_refused_password_says_why_and_leaves_the_link_alive()
    {
        var link = await ForgetAsync(InboxOf("dora"));
        var browser = Provider.NewBrowser();
        var page = await browser.SubmitAsync(await browser.GetAsync(link), "reset-submit", ("password", "too short"));
        Assert.Contains("at least 15", page.Document.GetElementById("password-problem")!.TextContent, StringComparison.Ordinal);
        page = await browser.SubmitAsync(page, "reset-submit", ("password", "dora@example.com1234567"));
        Assert.Contains("your name", page.Document.GetElementById("password-problem")!.TextContent, StringComparison.Ordinal);
        page = await browser.SubmitAsync(page, "reset-submit", ("password", NewPassword));
        Assert.True(page.Has("sign-in-link"));
    }

    [Fact]
    public async Task A_new_password_does_not_stand_in_for_the_second_factor()
    {
        var browser = Provider.NewBrowser();
        await browser.SignInAsync(await browser.GetAsync("/account/login"), "emil");
        var page = await browser.GetAsync("/account/security/authenticator");
        var app = AuthenticatorApp.Of(page.Document.GetElementById("totp-secret")!.TextContent, Provider.Time);
        await browser.SubmitAsync(page, "code-submit", ("code", app.Code));

        var inbox = InboxOf("emil");
        var link = await ForgetAsync(inbox);
        page = await Provider.NewBrowser().GetAsync(link);
        Assert.Contains("At least 8 characters", page.Text, StringComparison.Ordinal);
        await ResetAsync(link, "nine char");
        page = await browser.SignInAsync(await browser.GetAsync("/account/login"), "emil", "nine char");
        Assert.Equal("/account/two-factor", page.Url.AbsolutePath);
    }

    [Fact]
    public async Task One_link_presented_ten_times_at_once_sets_one_password()
    {
        var link = await ForgetAsync(InboxOf("fay"));
        var pages = await Task.WhenAll(Enumerable.Range(0, 10).Select(i => Task.Run(() => ResetAsync(link, $"{NewPassword} number {i}"))));
        Assert.Single(pages, page => page.Has("sign-in-link"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("?token=")]
    [InlineData("?token=short")]
    [InlineData("?token=%00")]
    [InlineData("?token=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task What_is_no_link_says_so_and_leads_to_a_new_one(string query)
    {
        var page = await Provider.NewBrowser().GetAsync("/account/reset-password" + query);
        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.True(page.Has("forgot-link"));
        Assert.False(page.Has("reset-submit"));
    }

    [Fact]
    [Trait("row", "X22")]
    public async Task The_token_leaves_the_address_at_once_and_the_address_alone_is_worth_nothing()
    {
        var (lou, max) = (await ForgetAsync(InboxOf("lou")), await ForgetAsync(InboxOf("max")));
        var browser = Provider.NewBrowser();
        var (first, second) = (await browser.GetAsync(lou), await browser.GetAsync(max));
        foreach (var (link, page) in new[] { (lou, first), (max, second) })
        {
            var token = link[(link.IndexOf('=', StringComparison.Ordinal) + 1)..];
            Assert.True(page.Has("reset-submit"));
            Assert.DoesNotContain(token, page.Url.OriginalString + page.Text, StringComparison.Ordinal);
            var cookie = Assert.Single(browser.SetCookies, cookie => cookie.Contains(token, StringComparison.Ordinal));
            Assert.Contains("; path=/account/reset-password; secure; samesite=lax; httponly", cookie, StringComparison.Ordinal);
            Assert.False((await Provider.NewBrowser().GetAsync(page.Url.PathAndQuery)).Has("reset-submit"));
        }

        // Two tabs of one browser.
        Assert.NotEqual(first.Url, second.Url);
        Assert.True((await browser.SubmitAsync(first, "reset-submit", ("password", NewPassword))).Has("sign-in-link"));
        var home = Provider.NewBrowser();
        Assert.Equal("/account", (await home.SignInAsync(await home.GetAsync("/account/login"), "lou", NewPassword)).Url.AbsolutePath);
        Assert.True((await browser.GetAsync(second.Url.PathAndQuery)).Has("reset-submit"));
    }

    [Fact]
    public async Task A_link_of_another_purpose_is_none()
    {
        var link = await ForgetAsync(InboxOf("gus"));
        var page = await Provider.NewBrowser().GetAsync(link.Replace("reset-password", "verify-email", StringComparison.Ordinal));
        Assert.False(page.Has("verify-submit"));
        Assert.True((await Provider.NewBrowser().GetAsync(link)).Has("reset-submit"));
    }

    [Fact]
    [Trait("row", "R3")]
    public async Task The_fourth_mail_in_an_hour_is_left_out_and_nobody_can_see_it()
    {
        var inbox = InboxOf("hal");
        var pages = new List<Page>();
        for (var i = 0; i < 4; i++)
        {
            var browser = Provider.NewBrowser();
            pages.Add(await browser.SubmitAsync(await browser.GetAsync("/account/forgot-password"), "forgot-submit", ("email", "hal@example.com")));
        }

        for (var i = 0; i < 3; i++)
        {
            await inbox.NextAsync();
        }

        // Requests are worked off in order, so another one's mail comes after the fourth would have.
        await ForgetAsync(InboxOf("ida"));
        Assert.Equal(3, inbox.All.Count);
        Assert.All(pages, page => Assert.Equal((HttpStatusCode.OK, pages[0].Text.Length), (page.Status, page.Text.Length)));
    }

    [Fact]
    [Trait("row", "P13")]
    public async Task Whether_an_address_has_an_account_shows_neither_in_the_answer_nor_in_its_time()
    {
        var (known, unknown) = (new List<double>(), new List<double>());
        var answers = new HashSet<string>();
        for (var i = 0; i < 31; i++)
        {
            var browser = Provider.NewBrowser();
            var form = await browser.GetAsync("/account/forgot-password");
            var there = i % 2 == 0;
            var watch = Stopwatch.StartNew();
            var page = await browser.SubmitAsync(form, "forgot-submit", ("email", there ? "jan@example.com" : $"nobody{i}@example.com"));
            (there ? known : unknown).Add(watch.Elapsed.TotalMilliseconds);
            answers.Add($"{page.Status} {page.Text.Length} {page.Document.QuerySelector("main")!.TextContent}");
        }

        Assert.Single(answers);
        Assert.InRange(Median(known) - Median(unknown), -25, 25);
    }

    [Fact]
    public async Task What_was_asked_for_just_before_a_stop_is_written_yet()
    {
        await using var host = await TestHost.StartAsync(options =>
        {
            options.Settings["RateLimits:Enabled"] = "false";
            options.Settings["Mail:Provider"] = "Smtp";
            options.Settings["Mail:From"] = "idp@id.example";
            options.Settings["Mail:Smtp:Host"] = "127.0.0.1";
            options.Settings["Mail:Smtp:Port"] = "1";
        });
        var requests = host.Services.GetRequiredService<RecoveryRequests>();
        for (var i = 0; i < 50; i++)
        {
            requests.Add(new RecoveryRequest("alice@example.com", "en", []));
        }

        await host.Services.GetServices<IHostedService>().OfType<RecoveryMails>().Single().StopAsync(CancellationToken.None);

        Assert.Equal(50, await host.ExecuteAsync("UPDATE outbox SET attempts = attempts WHERE payload LIKE '%reset-password%'"));
    }

    [Fact]
    public async Task A_link_leads_to_the_issuer_whatever_host_was_asked()
    {
        var browser = Provider.NewBrowser();
        var page = await browser.GetAsync("/account/forgot-password");
        Assert.NotNull(page);
        var inbox = InboxOf("kim");
        await ForgetAsync(inbox);
        Assert.Contains(Provider.Issuer, inbox.All[^1].Text, StringComparison.Ordinal);
    }

    private async Task<string> ForgetAsync(Mailbox inbox)
    {
        var browser = Provider.NewBrowser();
        var page = await browser.SubmitAsync(await browser.GetAsync("/account/forgot-password"), "forgot-submit", ("email", inbox.Address));
        Assert.False(page.Has("forgot-submit"));

        // A change before it may have been told by a mail of its own.
        string path;
        do
        {
            path = (await inbox.NextAsync()).Path;
        }
        while (path == "/account/security");
        return path;
    }

    private async Task<Page> ResetAsync(string link, string password)
    {
        var browser = Provider.NewBrowser();
        var page = await browser.GetAsync(link);
        return page.Has("reset-submit") ? await browser.SubmitAsync(page, "reset-submit", ("password", password)) : page;
    }

    private Mailbox InboxOf(string name) => new(Provider.Host, $"{name}@example.com");

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    public sealed class Server : IAsyncLifetime
    {
        public Provider Provider { get; } = new();

        public Task InitializeAsync() => Provider.StartAsync(options =>
        {
            options.Settings["RateLimits:ResetsPerNetwork"] = "1000";
            options.ExtraSeed = $$"""{"Users":[{{string.Join(',', ((string[])["anna", "ben", "cleo", "dora", "emil", "fay", "gus", "hal", "ida", "jan", "kim", "lou", "max"])
                .Select(name => $$"""{"Username":"{{name}}","Password":"{{name}}","Email":"{{name}}@example.com","EmailVerified":true}"""))}}]}""";
        });

        public Task DisposeAsync() => Provider.DisposeAsync();
    }
}
