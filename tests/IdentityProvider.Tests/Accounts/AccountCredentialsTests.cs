using System.Net;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Accounts;

/// <summary>Password and address of the signed-in person.</summary>
public sealed class AccountCredentialsTests(AccountCredentialsTests.Server server) : IClassFixture<AccountCredentialsTests.Server>
{
    private const string NewPassword = "an entirely new pass phrase";

    private Provider Provider => server.Provider;

    [Fact]
    [Trait("row", "T11")]
    [Trait("row", "S1")]
    public async Task A_password_change_keeps_this_session_under_a_new_handle_and_ends_the_others()
    {
        var (here, elsewhere) = (await SignInAsync("anna"), await SignInAsync("anna"));
        var before = SessionOf(here);
        var page = await here.SubmitAsync(await here.GetAsync("/account/password"), "password-submit", ("current", "anna"), ("password", "short"));
        Assert.NotNull(page.Document.GetElementById("password-problem"));
        page = await here.SubmitAsync(page, "password-submit", ("current", "anna"), ("password", NewPassword));

        Assert.Equal("/account/password", page.Url.AbsolutePath);
        Assert.Contains("new password is set", page.Text, StringComparison.Ordinal);
        Assert.NotEqual(before, SessionOf(here));
        Assert.False((await here.GetAsync("/account")).IsSignIn);
        Assert.True((await elsewhere.GetAsync("/account")).IsSignIn);
        Assert.Contains("was changed", (await InboxOf("anna").NextAsync()).Message.Subject, StringComparison.Ordinal);
        await SignInAsync("anna", NewPassword);
    }

    [Theory]
    [Trait("row", "D6")]
    [InlineData("/account/password")]
    [InlineData("/account/email")]
    public async Task A_sign_in_of_a_while_ago_is_not_enough(string path)
    {
        var browser = await SignInAsync("ben");
        var page = await browser.GetAsync(path);
        Provider.Skip(TimeSpan.FromHours(1));
        page = path.EndsWith("email", StringComparison.Ordinal)
            ? await browser.SubmitAsync(page, "email-submit", ("email", "ben2@example.com"))
            : await browser.SubmitAsync(page, "password-submit", ("current", "ben"), ("password", NewPassword));
        Assert.True(page.IsSignIn);
        Assert.Empty(InboxOf("ben2").All);
    }

    [Fact]
    [Trait("row", "P12")]
    public async Task An_address_changes_by_the_code_and_the_old_one_is_told()
    {
        var browser = await SignInAsync("cleo");
        var page = await browser.SubmitAsync(await browser.GetAsync("/account/email"), "email-submit", ("email", "cleo2@example.com"));
        Assert.Contains("cleo@example.com", page.Text, StringComparison.Ordinal);
        var mail = await InboxOf("cleo2").NextAsync();
        page = await browser.SubmitAsync(page, "code-submit", ("code", mail.Code));
        Assert.Contains("cleo2@example.com", page.Text, StringComparison.Ordinal);
        Assert.Contains("was changed", (await InboxOf("cleo").NextAsync()).Message.Subject, StringComparison.Ordinal);
        Assert.False((await Provider.NewBrowser().GetAsync(mail.Path)).Has("verify-submit"));
    }

    [Fact]
    public async Task An_address_changes_by_the_link_where_it_was_asked_for_or_the_account_is_signed_in_and_not_by_looking_at_it()
    {
        var browser = await SignInAsync("dora");
        await browser.SubmitAsync(await browser.GetAsync("/account/email"), "email-submit", ("email", "dora2@example.com"));
        var link = (await InboxOf("dora2").NextAsync()).Path;
        var other = await SignInAsync("dora");
        var page = await other.GetAsync(link);
        Assert.Equal("no-referrer", page.Header("Referrer-Policy"));
        Assert.Contains("dora@example.com", (await browser.GetAsync("/account/email")).Text, StringComparison.Ordinal);
        page = await other.SubmitAsync(page, "verify-submit");
        Assert.Equal("", page.Url.Query.Contains("token", StringComparison.Ordinal) ? page.Url.Query : "");
        Assert.Contains("dora2@example.com", (await browser.GetAsync("/account/email")).Text, StringComparison.Ordinal);

        await browser.SubmitAsync(await browser.GetAsync("/account/email"), "email-submit", ("email", "dora3@example.com"));
        link = (await InboxOf("dora3").NextAsync()).Path;
        await browser.SubmitAsync(await browser.GetAsync("/account/logout"), "logout-confirm");
        await browser.SubmitAsync(await browser.GetAsync(link), "verify-submit");
        Assert.Contains("dora3@example.com", (await other.GetAsync("/account/email")).Text, StringComparison.Ordinal);
    }

    /// <summary>An account of somebody else asks for the reader's address: a press in the reader's browser must not give it away.</summary>
    [Fact]
    public async Task The_link_gives_nobodys_address_to_an_account_that_is_not_signed_in_there()
    {
        var thief = await SignInAsync("nico");
        var form = await thief.GetAsync("/account/email");
        await thief.SubmitAsync(form, "email-submit", ("email", "victim@example.com"));
        var link = (await InboxOf("victim").NextAsync()).Path;
        foreach (var reader in new[] { Provider.NewBrowser(), await SignInAsync("max") })
        {
            var page = await reader.GetAsync(link);
            Assert.False(page.Has("verify-submit"));
            Assert.Contains("nico", page.Text, StringComparison.Ordinal);
            var token = (await reader.GetAsync("/account/forgot-password")).Document.QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!;
            page = await reader.PostAsync(link, [new("__RequestVerificationToken", token)]);
            Assert.False(page.Has("verify-submit"));
            Assert.Contains("nico@example.com", (await thief.GetAsync("/account/email")).Text, StringComparison.Ordinal);
        }

        var owner = Provider.NewBrowser();
        var signIn = await owner.GetAsync((await owner.GetAsync(link)).Document.GetElementById("sign-in-link")!.GetAttribute("href")!);
        var back = await owner.SignInAsync(signIn, "nico");
        Assert.True(back.Has("verify-submit"));
        await owner.SubmitAsync(back, "verify-submit");
        Assert.Contains("victim@example.com", (await thief.GetAsync("/account/email")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_old_address_takes_the_change_back_within_seven_days_whatever_happened_since()
    {
        var thief = await SignInAsync("emil");
        var page = await thief.SubmitAsync(await thief.GetAsync("/account/email"), "email-submit", ("email", "emil2@example.com"));
        await thief.SubmitAsync(page, "code-submit", ("code", (await InboxOf("emil2").NextAsync()).Code));
        await thief.SubmitAsync(await thief.GetAsync("/account/password"), "password-submit", ("current", "emil"), ("password", NewPassword));
        var inbox = InboxOf("emil");
        var link = (await inbox.NextAsync()).Path;
        Provider.Skip(TimeSpan.FromDays(6));

        var owner = Provider.NewBrowser();
        page = await owner.GetAsync(link);
        Assert.Contains("emil@example.com", page.Text, StringComparison.Ordinal);
        page = await owner.SubmitAsync(page, "undo-submit");
        Assert.True(page.Has("forgot-link"));
        Assert.True((await thief.GetAsync("/account")).IsSignIn);
        page = await thief.GetAsync("/account/login");
        Assert.True((await thief.SignInAsync(page, "emil", NewPassword)).IsSignIn);

        page = await owner.SubmitAsync(await owner.GetAsync("/account/forgot-password"), "forgot-submit", ("email", "emil@example.com"));
        page = await owner.SubmitAsync(await owner.GetAsync((await inbox.NextAsync()).Path), "reset-submit", ("password", "the owner's own pass phrase"));
        Assert.True(page.Has("sign-in-link"));
        Assert.Contains("used already", (await owner.GetAsync(link)).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_to_a_new_address_is_good_for_a_day_and_one_to_take_the_change_back_for_a_week()
    {
        var browser = await SignInAsync("kai");
        var page = await browser.SubmitAsync(await browser.GetAsync("/account/email"), "email-submit", ("email", "kai2@example.com"));
        var (late, inTime) = (await InboxOf("kai2").NextAsync(), await SignInAsync("kai"));
        var opened = await inTime.GetAsync(late.Path);
        Provider.Skip(TimeSpan.FromHours(25));
        Assert.False((await Provider.NewBrowser().GetAsync(late.Path)).Has("verify-submit"));
        await inTime.SubmitAsync(opened, "verify-submit");
        browser = await SignInAsync("kai");
        Assert.Contains("kai@example.com", (await browser.GetAsync("/account/email")).Text, StringComparison.Ordinal);

        page = await browser.SubmitAsync(await browser.GetAsync("/account/email"), "email-submit", ("email", "kai3@example.com"));
        await browser.SubmitAsync(page, "code-submit", ("code", (await InboxOf("kai3").NextAsync()).Code));
        var undo = (await InboxOf("kai").NextAsync()).Path;
        opened = await inTime.GetAsync(undo);
        Provider.Skip(TimeSpan.FromDays(7) + TimeSpan.FromMinutes(1));
        Assert.False((await Provider.NewBrowser().GetAsync(undo)).Has("undo-submit"));
        await inTime.SubmitAsync(opened, "undo-submit");
        browser = await SignInAsync("kai");
        Assert.Contains("kai3@example.com", (await browser.GetAsync("/account/email")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_of_somebody_else_changes_nothing_of_who_opens_it()
    {
        var (lea, max) = (await SignInAsync("lea"), await SignInAsync("max"));
        await lea.SubmitAsync(await lea.GetAsync("/account/email"), "email-submit", ("email", "lea2@example.com"));
        var stranger = Provider.NewBrowser();
        await stranger.SubmitAsync(await stranger.GetAsync("/account/forgot-password"), "forgot-submit", ("email", "lea@example.com"));
        var (confirm, reset) = ((await InboxOf("lea2").NextAsync()).Path, (await InboxOf("lea").NextAsync()).Path);

        Assert.False((await max.GetAsync(confirm)).Has("verify-submit"));
        await lea.SubmitAsync(await lea.GetAsync(confirm), "verify-submit");
        Assert.Contains("max@example.com", (await max.GetAsync("/account/email")).Text, StringComparison.Ordinal);
        Assert.Contains("lea2@example.com", (await lea.GetAsync("/account/email")).Text, StringComparison.Ordinal);

        // The change of the address has voided the link to set a password; a new one sets hers, and max stays who he is.
        Assert.False((await max.GetAsync(reset)).Has("reset-submit"));
        var inbox = InboxOf("lea2");
        await inbox.NextAsync();
        await stranger.SubmitAsync(await stranger.GetAsync("/account/forgot-password"), "forgot-submit", ("email", "lea2@example.com"));
        await max.SubmitAsync(await max.GetAsync((await inbox.NextAsync()).Path), "reset-submit", ("password", NewPassword));
        Assert.Contains("max@example.com", (await max.GetAsync("/account/email")).Text, StringComparison.Ordinal);
        await SignInAsync("max", "max");
        await SignInAsync("lea", NewPassword);
    }

    [Fact]
    public async Task A_link_of_before_another_change_is_void()
    {
        var browser = await SignInAsync("fay");
        await browser.SubmitAsync(await browser.GetAsync("/account/email"), "email-submit", ("email", "fay2@example.com"));
        var link = (await InboxOf("fay2").NextAsync()).Path;
        await browser.SubmitAsync(await browser.GetAsync("/account/password"), "password-submit", ("current", "fay"), ("password", NewPassword));
        Assert.False((await browser.GetAsync(link)).Has("verify-submit"));
    }

    [Fact]
    [Trait("row", "R8")]
    public async Task The_present_password_is_asked_for_and_cannot_be_guessed_here()
    {
        var browser = await SignInAsync("jan");
        var page = await browser.GetAsync("/account/password");
        foreach (var wrong in (string[])["", "wrong", "\0", "Jan"])
        {
            page = await browser.SubmitAsync(page, "password-submit", ("current", wrong), ("password", NewPassword));
            Assert.False(page.Text.Contains("new password is set", StringComparison.Ordinal), wrong);
        }

        for (var i = 0; i < 3 && page.Status == HttpStatusCode.OK; i++)
        {
            page = await browser.SubmitAsync(page, "password-submit", ("current", "wrong" + i), ("password", NewPassword));
        }

        Assert.Equal(HttpStatusCode.TooManyRequests, page.Status);
        Assert.NotEmpty(page.Header("Retry-After"));
        page = await browser.SubmitAsync(page, "password-submit", ("current", "jan"), ("password", NewPassword));
        Assert.Equal(HttpStatusCode.TooManyRequests, page.Status);
    }

    [Fact]
    [Trait("row", "P13")]
    public async Task The_address_of_another_account_is_answered_alike_and_only_its_owner_hears_of_it()
    {
        var browser = await SignInAsync("gus");
        var free = await browser.SubmitAsync(await browser.GetAsync("/account/email"), "email-submit", ("email", "gus2@example.com"));
        var taken = await browser.SubmitAsync(await browser.GetAsync("/account/email"), "email-submit", ("email", "hal@example.com"));
        Assert.Equal(free.Document.QuerySelector("main")!.TextContent, taken.Document.QuerySelector("main")!.TextContent);
        Assert.Contains("already have an account", (await InboxOf("hal").NextAsync()).Message.Subject, StringComparison.Ordinal);
        taken = await browser.SubmitAsync(taken, "code-submit", ("code", "000000"));
        Assert.Contains("gus@example.com", taken.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_address_or_the_same_is_refused()
    {
        var browser = await SignInAsync("ida");
        var page = await browser.GetAsync("/account/email");
        foreach (var wrong in (string[])["ida", "ida@example.com", "IDA@EXAMPLE.COM", "x@example.com\r\nBcc: y@example.com"])
        {
            page = await browser.SubmitAsync(page, "email-submit", ("email", wrong));
            Assert.Equal(HttpStatusCode.OK, page.Status);
            Assert.NotNull(page.Document.QuerySelector("[role=alert]"));
        }
    }

    private async Task<Browser> SignInAsync(string username, string? password = null)
    {
        var browser = Provider.NewBrowser();
        var page = await browser.SignInAsync(await browser.GetAsync("/account/login"), username, password);
        Assert.Equal("/account", page.Url.AbsolutePath);
        return browser;
    }

    private static string SessionOf(Browser browser) =>
        browser.SetCookies.Last(cookie => cookie.StartsWith("__Host-idp.session=", StringComparison.Ordinal));

    private Mailbox InboxOf(string name) => new(Provider.Host, $"{name}@example.com");

    public sealed class Server : IAsyncLifetime
    {
        public Provider Provider { get; } = new();

        public Task InitializeAsync() => Provider.StartAsync(options =>
            options.ExtraSeed = $$"""{"Users":[{{string.Join(',', ((string[])["anna", "ben", "cleo", "dora", "emil", "fay", "gus", "hal", "ida", "jan", "kai", "lea", "max", "nico"])
                .Select(name => $$"""{"Username":"{{name}}","Password":"{{name}}","Email":"{{name}}@example.com","EmailVerified":true}"""))}}]}""");

        public Task DisposeAsync() => Provider.DisposeAsync();
    }
}
