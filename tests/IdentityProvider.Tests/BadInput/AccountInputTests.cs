using System.Net;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.BadInput;

/// <summary>What the forms of accounts do with what no honest browser sends.</summary>
public sealed class AccountInputTests(AccountInputTests.Server server) : IClassFixture<AccountInputTests.Server>
{
    private const int TenMegabytes = 10 * 1024 * 1024;

    private Provider Provider => server.Provider;

    public static TheoryData<string> Forms =>
        ["/account/register", "/account/verify-email", "/account/forgot-password", "/account/reset-password", "/account/email/confirm", "/account/email/undo"];

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Ten_megabytes_are_not_read_and_lead_back_to_the_form(string path)
    {
        using var content = new StringContent("username=" + new string('x', TenMegabytes), null, "application/x-www-form-urlencoded");
        var answer = await Provider.SendAsync(HttpMethod.Post, path, content);
        Assert.Equal(HttpStatusCode.SeeOther, answer.Status);
        Assert.Equal(path + "?stale=true", answer.Header("Location"));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task A_form_without_an_antiforgery_token_is_not_obeyed(string path)
    {
        var page = await Provider.NewBrowser().PostAsync(path, [new("username", "mallory"), new("email", "mallory@people.example"), new("password", "a long enough pass phrase")]);
        Assert.Equal((HttpStatusCode.OK, path), (page.Status, page.Url.AbsolutePath));
        Assert.Contains("stale=true", page.Url.Query, StringComparison.Ordinal);
        Assert.Empty(new Mailbox(Provider.Host, "mallory@people.example").All);
    }

    [Fact]
    public async Task The_antiforgery_token_of_another_browser_is_none()
    {
        var (attacker, victim) = (Provider.NewBrowser(), Provider.NewBrowser());
        var form = await attacker.GetAsync("/account/forgot-password");
        var token = form.Document.QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!;
        await victim.GetAsync("/account/forgot-password");
        var page = await victim.PostAsync("/account/forgot-password", [new("email", "alice@example.com"), new("__RequestVerificationToken", token)]);
        Assert.Contains("stale=true", page.Url.Query, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task Fields_that_are_too_long_or_come_twice_make_no_failure(string path)
    {
        var browser = Provider.NewBrowser();
        var token = (await browser.GetAsync("/account/forgot-password")).Document.QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!;
        var longest = new string('x', 8 * 1024);
        var page = await browser.PostAsync(path + "?token=" + longest[..2000],
        [
            new("__RequestVerificationToken", token), new("username", longest), new("username", longest), new("email", longest), new("password", longest),
            new("code", longest), new("resend", "perhaps"),
        ]);
        Assert.InRange((int)page.Status, 200, 499);
        Assert.DoesNotContain("Exception", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_form_that_is_sent_twice_is_obeyed_once()
    {
        var browser = Provider.NewBrowser();
        var form = await browser.GetAsync("/account/register");
        (string, string?)[] fields = [("username", "replay"), ("email", "replay@people.example"), ("password", "a long enough pass phrase")];
        Assert.Equal("/account/verify-email", (await browser.SubmitAsync(form, "register-submit", fields)).Url.AbsolutePath);
        var again = await browser.SubmitAsync(form, "register-submit", fields);
        Assert.True(again.Has("username-problem"));
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task No_page_can_be_framed_and_none_runs_foreign_scripts(string path)
    {
        var page = await Provider.NewBrowser().GetAsync(path + "?token=x");
        Assert.Equal("DENY", page.Header("X-Frame-Options"));
        Assert.Contains("frame-ancestors 'none'", page.Header("Content-Security-Policy"), StringComparison.Ordinal);
        Assert.Equal("no-referrer", page.Header("Referrer-Policy"));
        Assert.Contains("no-store", page.Header("Cache-Control"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("/\\evil.example/")]
    [InlineData("\\\\evil.example/")]
    [InlineData("javascript:alert(1)")]
    [InlineData("/account\r\nLocation: https://evil.example/")]
    public async Task No_way_leads_elsewhere(string returnUrl)
    {
        var query = "?returnUrl=" + Uri.EscapeDataString(returnUrl);
        foreach (var path in (string[])["/account/register", "/account/forgot-password", "/account/verify-email"])
        {
            var page = await Provider.NewBrowser().GetAsync(path + query);
            Assert.Equal(HttpStatusCode.OK, page.Status);
            Assert.All(
                page.Document.QuerySelectorAll("a[href]").Select(link => link.GetAttribute("href")!).Where(href => !href.StartsWith("/account/", StringComparison.Ordinal)),
                href => Assert.DoesNotContain("evil", href, StringComparison.Ordinal));
        }

        var browser = Provider.NewBrowser();
        var signedIn = await browser.SignInAsync(await browser.GetAsync("/account/login" + query));
        Assert.Null(signedIn.Leaves);
        Assert.Equal("/account", signedIn.Url.AbsolutePath);
    }

    [Fact]
    public async Task What_was_typed_is_shown_as_text()
    {
        var browser = Provider.NewBrowser();
        var page = await browser.SubmitAsync(
            await browser.GetAsync("/account/register"), "register-submit", ("username", "<script>alert(1)</script>"), ("email", "\"><img src=x>"), ("password", "x"));
        Assert.Empty(page.Document.QuerySelectorAll("main script, main img"));
        Assert.DoesNotContain("<script>alert", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("row", "P4")]
    public async Task Neither_password_nor_code_nor_link_is_in_the_log()
    {
        var browser = Provider.NewBrowser();
        var page = await browser.SubmitAsync(
            await browser.GetAsync("/account/register"), "register-submit", ("username", "logger"), ("email", "logger@people.example"), ("password", "a pass phrase for no log"));
        var mail = await new Mailbox(Provider.Host, "logger@people.example").NextAsync();
        await browser.SubmitAsync(page, "verify-submit", ("code", mail.Code));
        await browser.GetAsync(mail.Path);
        var log = string.Join('\n', Provider.Host.Log.Lines);
        Assert.NotEmpty(log);
        Assert.DoesNotContain("a pass phrase for no log", log, StringComparison.Ordinal);
        Assert.DoesNotContain(mail.Path[(mail.Path.IndexOf('=', StringComparison.Ordinal) + 1)..], log, StringComparison.Ordinal);
        Assert.DoesNotContain($"\"{mail.Code}\"", log, StringComparison.Ordinal);
    }

    public sealed class Server : IAsyncLifetime
    {
        public Provider Provider { get; } = new();

        public Task InitializeAsync() => Provider.StartAsync(options => options.Settings["Registration:PerNetwork"] = "1000");

        public Task DisposeAsync() => Provider.DisposeAsync();
    }
}
