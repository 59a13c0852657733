using System.Net;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Accounts;

/// <summary>Accounts that people make themselves, without scripts.</summary>
public sealed class RegistrationTests(RegistrationTests.Server server) : IClassFixture<RegistrationTests.Server>
{
    private const string Password = "a long enough pass phrase";

    private Provider Provider => server.Provider;

    [Fact]
    [Trait("row", "P14")]
    public async Task Who_registers_types_the_code_and_is_signed_in()
    {
        var browser = Provider.NewBrowser();
        var page = await RegisterAsync(browser, "nora");
        Assert.Equal("/account/verify-email", page.Url.AbsolutePath);
        Assert.True((await browser.GetAsync("/account")).IsSignIn);

        var mail = await InboxOf("nora").NextAsync();
        page = await browser.SubmitAsync(page, "verify-submit", ("code", mail.Code));
        Assert.Equal("/account", page.Url.AbsolutePath);
        Assert.True(await IsVerifiedAsync("nora"));
    }

    [Fact]
    public async Task A_registration_on_the_way_to_an_app_goes_on_to_the_app()
    {
        var client = Provider.Client("web");
        var request = client.Request();
        var browser = Provider.NewBrowser();
        var page = await browser.GetAsync(RelyingParty.AuthorizeUrl(request));
        page = await browser.GetAsync(page.Document.GetElementById("register-link")!.GetAttribute("href")!);
        page = await browser.SubmitAsync(page, "register-submit", ("username", "olga"), ("email", "olga@people.example"), ("password", Password));
        page = await browser.SubmitAsync(page, "verify-submit", ("code", (await InboxOf("olga").NextAsync()).Code));

        var token = (await client.RedeemAsync(Callback.Of(page))).IdToken;
        Assert.Equal(["pwd"], Jwt.Strings(Jwt.Claims(token), "amr"));
    }

    [Fact]
    [Trait("row", "D6")]
    public async Task The_session_is_as_old_as_the_password_that_was_typed_even_by_a_later_mail()
    {
        var browser = Provider.NewBrowser();
        var page = await RegisterAsync(browser, "oscar");
        var inbox = InboxOf("oscar");
        await inbox.NextAsync();
        Provider.Skip(TimeSpan.FromMinutes(6));
        page = await browser.SubmitAsync(page, "resend-submit");
        page = await browser.SubmitAsync(page, "verify-submit", ("code", (await inbox.NextAsync()).Code));
        Assert.Equal("/account", page.Url.AbsolutePath);
        Assert.True((await browser.GetAsync("/account/security/authenticator")).IsSignIn);
    }

    [Fact]
    public async Task An_address_that_is_not_confirmed_signs_in_and_is_said_not_to_be_verified()
    {
        await RegisterAsync(Provider.NewBrowser(), "pia");
        Assert.False(await IsVerifiedAsync("pia"));
    }

    [Fact]
    [Trait("row", "P10")]
    public async Task Looking_at_a_link_changes_nothing_and_its_use_is_the_last()
    {
        var browser = Provider.NewBrowser();
        await RegisterAsync(browser, "quinn");
        var mail = await InboxOf("quinn").NextAsync();
        for (var i = 0; i < 3; i++)
        {
            var scanned = await Provider.NewBrowser().GetAsync(mail.Path);
            Assert.Equal(HttpStatusCode.OK, scanned.Status);
            Assert.Equal("no-referrer", scanned.Header("Referrer-Policy"));
        }

        Assert.False(await IsVerifiedAsync("quinn"));
        var page = await browser.SubmitAsync(await browser.GetAsync(mail.Path), "verify-submit");
        Assert.Equal("/account", page.Url.AbsolutePath);
        Assert.True(await IsVerifiedAsync("quinn"));
        page = await Provider.NewBrowser().GetAsync(mail.Path);
        Assert.False(page.Has("verify-submit"));
        Assert.Contains("used already", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task In_another_browser_the_link_sets_a_password_and_nothing_from_before_is_left()
    {
        var attacker = Provider.NewBrowser();
        await RegisterAsync(attacker, "rosa");
        await attacker.SignInAsync(await attacker.GetAsync("/account/login"), "rosa", Password);
        await SetUpAppAsync(attacker);
        var mail = await InboxOf("rosa").NextAsync();

        var owner = Provider.NewBrowser();
        var page = await owner.GetAsync(mail.Path);
        Assert.True(page.Has("password"));
        page = await owner.SubmitAsync(page, "verify-submit", ("password", "short"));
        Assert.Contains("too short", page.Text, StringComparison.Ordinal);
        page = await owner.SubmitAsync(page, "verify-submit", ("password", "the owner's own pass phrase"));
        Assert.Equal("/account/verify-email", page.Url.AbsolutePath);

        Assert.True((await attacker.GetAsync("/account")).IsSignIn);
        Assert.True((await attacker.SignInAsync(await attacker.GetAsync("/account/login"), "rosa", Password)).IsSignIn);
        page = await owner.SignInAsync(await owner.GetAsync("/account/login"), "rosa", "the owner's own pass phrase");
        Assert.Equal("/account", page.Url.AbsolutePath);
        Assert.True(await IsVerifiedAsync("rosa", "the owner's own pass phrase"));
    }

    [Fact]
    public async Task The_code_of_one_browser_is_nothing_in_another()
    {
        var (own, other) = (Provider.NewBrowser(), Provider.NewBrowser());
        await RegisterAsync(own, "sara");
        var foreignPage = await RegisterAsync(other, "tess");
        var code = (await InboxOf("sara").NextAsync()).Code;
        var page = await other.SubmitAsync(foreignPage, "verify-submit", ("code", code));
        Assert.NotNull(page.Document.QuerySelector("[role=alert]"));
        Assert.False(await IsVerifiedAsync("sara"));
    }

    [Fact]
    public async Task After_five_wrong_codes_a_new_mail_is_needed_and_can_be_had()
    {
        var browser = Provider.NewBrowser();
        var page = await RegisterAsync(browser, "uma");
        var inbox = InboxOf("uma");
        var code = (await inbox.NextAsync()).Code;
        for (var i = 0; i < 5; i++)
        {
            page = await browser.SubmitAsync(page, "verify-submit", ("code", code == "000000" ? "111111" : "000000"));
        }

        Assert.False(page.Has("code"));
        page = await browser.SubmitAsync(page, "resend-submit");
        page = await browser.SubmitAsync(page, "verify-submit", ("code", (await inbox.NextAsync()).Code));
        Assert.Equal("/account", page.Url.AbsolutePath);
    }

    [Fact]
    public async Task A_link_is_good_for_a_day()
    {
        var browser = Provider.NewBrowser();
        await RegisterAsync(browser, "vera");
        var mail = await InboxOf("vera").NextAsync();
        Provider.Skip(TimeSpan.FromHours(25));
        var page = await browser.GetAsync(mail.Path);
        Assert.False(page.Has("verify-submit"));
        Assert.Contains("too old", page.Text, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("row", "P13")]
    public async Task An_address_that_has_an_account_is_answered_alike_and_its_owner_is_told()
    {
        var owner = Provider.NewBrowser();
        var page = await RegisterAsync(owner, "wilma");
        var inbox = InboxOf("wilma");
        await owner.SubmitAsync(page, "verify-submit", ("code", (await inbox.NextAsync()).Code));

        var (known, unknown) = (Provider.NewBrowser(), Provider.NewBrowser());
        var first = await RegisterAsync(known, "xenia", "wilma@people.example");
        var second = await RegisterAsync(unknown, "yvonne");
        Assert.Equal(Comparable(second), Comparable(first));
        Assert.Equal(second.Visited.Select(url => url.AbsolutePath), first.Visited.Select(url => url.AbsolutePath));
        Assert.Equal(CookieNames(unknown), CookieNames(known));
        Assert.Contains("already have an account", (await inbox.NextAsync()).Message.Subject, StringComparison.Ordinal);

        for (var i = 0; i < 6; i++)
        {
            Assert.Equal(first.Has("code"), second.Has("code"));
            if (!first.Has("code"))
            {
                break;
            }

            first = await known.SubmitAsync(first, "verify-submit", ("code", "000000"));
            second = await unknown.SubmitAsync(second, "verify-submit", ("code", "000000"));
            Assert.Equal(Comparable(second), Comparable(first));
        }

        Assert.False(first.Has("code"));
    }

    /// <summary>An account that is there for one address and missing for the other would tell them apart afterwards.</summary>
    [Fact]
    [Trait("row", "P13")]
    public async Task An_address_that_has_an_account_shows_by_nothing_that_comes_after()
    {
        var owner = Provider.NewBrowser();
        var page = await RegisterAsync(owner, "gina");
        var inbox = InboxOf("gina");
        await owner.SubmitAsync(page, "verify-submit", ("code", (await inbox.NextAsync()).Code));
        const string probe = "the prober's pass phrase";
        foreach (var (name, email) in new[] { ("probe1", "gina@people.example"), ("probe2", "free@people.example") })
        {
            var browser = Provider.NewBrowser();
            await RegisterAsync(browser, name, email, probe);
            Assert.Contains("Somebody has this name", (await RegisterAsync(Provider.NewBrowser(), name, email)).Text, StringComparison.Ordinal);
            Assert.True((await browser.SignInAsync(await browser.GetAsync("/account/login"), email, probe)).IsSignIn);
            page = await browser.SignInAsync(await browser.GetAsync("/account/login"), name, probe);
            Assert.Equal("/account", page.Url.AbsolutePath);
            Assert.Contains("not confirmed", (await browser.GetAsync("/account/email")).Text, StringComparison.Ordinal);
            page = await browser.SubmitAsync(await browser.GetAsync("/account/verify-email"), "resend-submit");
            Assert.True(page.Has("code"));
        }

        for (var i = 0; i < 2; i++)
        {
            Assert.Contains("already have an account", (await inbox.NextAsync()).Message.Subject, StringComparison.Ordinal);
        }

        Assert.Equal("/account", (await owner.GetAsync("/account")).Url.AbsolutePath);
        Assert.True(await IsVerifiedAsync("gina"));
        Assert.False(await IsVerifiedAsync("probe1", probe));
    }

    [Fact]
    public async Task Once_an_address_is_confirmed_its_other_mails_set_no_password()
    {
        var browser = Provider.NewBrowser();
        var page = await RegisterAsync(browser, "hugo");
        var inbox = InboxOf("hugo");
        var first = await inbox.NextAsync();
        page = await browser.SubmitAsync(page, "resend-submit");
        var other = Provider.NewBrowser();
        var opened = await other.GetAsync(first.Path);
        Assert.True(opened.Has("password"));
        await browser.SubmitAsync(page, "verify-submit", ("code", (await inbox.NextAsync()).Code));

        await other.SubmitAsync(opened, "verify-submit", ("password", "somebody else's pass phrase"));
        Assert.False((await other.GetAsync(first.Path)).Has("password"));
        Assert.False((await browser.GetAsync("/account")).IsSignIn);
        Assert.True(await IsVerifiedAsync("hugo"));
    }

    /// <summary>Whoever measures how long the answer takes learns nothing either.</summary>
    [Fact]
    [Trait("row", "P13")]
    public async Task An_address_that_has_an_account_takes_as_long_as_one_that_has_none()
    {
        var owner = Provider.NewBrowser();
        var page = await RegisterAsync(owner, "theo");
        await owner.SubmitAsync(page, "verify-submit", ("code", (await InboxOf("theo").NextAsync()).Code));
        var (known, unknown) = (new List<double>(), new List<double>());
        for (var i = 0; i < 31; i++)
        {
            var browser = Provider.NewBrowser();
            var form = await browser.GetAsync("/account/register");
            var there = i % 2 == 0;
            var began = TimeProvider.System.GetTimestamp();
            await browser.SubmitAsync(
                form, "register-submit", ("username", $"timed{i}"), ("email", there ? "theo@people.example" : $"timed{i}@people.example"), ("password", Password));
            (there ? known : unknown).Add(TimeProvider.System.GetElapsedTime(began).TotalMilliseconds);
        }

        Assert.InRange(known.Order().ElementAt(known.Count / 2) - unknown.Order().ElementAt(unknown.Count / 2), -25, 25);
    }

    [Theory]
    [InlineData("zo", "Length")]
    [InlineData("z\u043Ee", "LookAlike")]
    [InlineData("\u0440\u0430\u0443\u0440\u0430", "LookAlike")]
    [InlineData("zoe\u202Ea", "Characters")]
    [InlineData("zoe smith", "Characters")]
    [InlineData("zoe@people.example", "Characters")]
    [InlineData("zoe\r\nBcc", "Characters")]
    [InlineData(".zoe", "Characters")]
    [InlineData("ａｌｉｃｅ", "Taken")]
    [InlineData("ALICE", "Taken")]
    public async Task A_name_that_could_be_taken_for_another_is_refused_and_the_reason_is_told(string username, string problem)
    {
        var page = await RegisterAsync(Provider.NewBrowser(), username, "zoe@people.example");
        Assert.Equal("/account/register", page.Url.AbsolutePath);
        var expected = problem switch
        {
            "Length" => "3 to 64 characters",
            "LookAlike" => "mistaken",
            "Taken" => "Somebody has this name",
            _ => "begins with a letter",
        };
        Assert.Contains(expected, page.Document.GetElementById("username-problem")!.TextContent, StringComparison.Ordinal);
        Assert.Empty(InboxOf("zoe").All);
    }

    [Theory]
    [InlineData("Оксана")]
    [InlineData("Ωμέγα")]
    [InlineData("山田太郎")]
    [InlineData("björk.g")]
    public async Task Names_of_one_alphabet_are_welcome(string username)
    {
        var page = await RegisterAsync(Provider.NewBrowser(), username, $"p{username.Length}{(int)username[0]}@people.example");
        Assert.Equal("/account/verify-email", page.Url.AbsolutePath);
    }

    [Theory]
    [InlineData("nobody")]
    [InlineData("a@b@c")]
    [InlineData("a@people.example\r\nBcc: x@people.example")]
    [InlineData("a@people.example,b@people.example")]
    [InlineData("\"a b\"@people.example")]
    [InlineData("Anna <a@people.example>")]
    public async Task What_is_no_plain_address_is_refused(string email)
    {
        var page = await RegisterAsync(Provider.NewBrowser(), "anton", email);
        Assert.True(page.Status == HttpStatusCode.OK, page.Status.ToString());
        Assert.True(page.Has("email-problem"), $"{page.Url}\n{page.Text}");
    }

    [Fact]
    public async Task A_form_with_a_null_character_is_not_obeyed()
    {
        var page = await RegisterAsync(Provider.NewBrowser(), "anton", "a@people.example\0");
        Assert.Equal((HttpStatusCode.OK, "/account/register"), (page.Status, page.Url.AbsolutePath));
    }

    [Fact]
    public async Task A_refused_form_keeps_what_was_typed_but_the_password()
    {
        var page = await RegisterAsync(Provider.NewBrowser(), "berta", password: "short");
        Assert.Equal("berta", page.Document.GetElementById("username")!.GetAttribute("value"));
        Assert.Equal("berta@people.example", page.Document.GetElementById("email")!.GetAttribute("value"));
        Assert.Null(page.Document.GetElementById("password")!.GetAttribute("value"));
        Assert.Contains("at least 15 characters", page.Document.GetElementById("password-problem")!.TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_destination_elsewhere_is_ignored()
    {
        var browser = Provider.NewBrowser();
        var page = await browser.GetAsync("/account/register?returnUrl=https%3A%2F%2Fevil.example%2F");
        page = await browser.SubmitAsync(page, "register-submit", ("username", "carla"), ("email", "carla@people.example"), ("password", Password));
        page = await browser.SubmitAsync(page, "verify-submit", ("code", (await InboxOf("carla").NextAsync()).Code));
        Assert.Equal("/account", page.Url.AbsolutePath);
    }

    [Fact]
    [Trait("row", "R8")]
    public async Task A_network_makes_so_many_accounts_in_an_hour_and_one_address_gets_so_many_mails()
    {
        await using var provider = new Started();
        await provider.Provider.StartAsync(options => options.Settings["Registration:PerNetwork"] = "6");
        Page page;
        for (var i = 0; i < 5; i++)
        {
            page = await RegisterAsync(provider.Provider.NewBrowser(), $"same{i}", "same@people.example");
            Assert.True(page.Has("code"));
        }

        await RegisterAsync(provider.Provider.NewBrowser(), "other", "other@people.example");
        await new Mailbox(provider.Provider.Host, "other@people.example").NextAsync();
        Assert.Equal(3, new Mailbox(provider.Provider.Host, "same@people.example").All.Count);

        page = await RegisterAsync(provider.Provider.NewBrowser(), "same6", "same@people.example");
        Assert.Equal(HttpStatusCode.TooManyRequests, page.Status);
        Assert.NotEmpty(page.Header("Retry-After"));
    }

    [Fact]
    public async Task A_code_that_confirms_is_no_second_factor()
    {
        var browser = Provider.NewBrowser();
        await RegisterAsync(browser, "yara");
        await browser.SignInAsync(await browser.GetAsync("/account/login"), "yara", Password);
        await SetUpAppAsync(browser);
        await browser.SubmitAsync(await browser.GetAsync("/account/logout"), "logout-confirm");
        var page = await browser.SubmitAsync(await browser.GetAsync("/account/verify-email"), "verify-submit", ("code", (await InboxOf("yara").NextAsync()).Code));
        Assert.NotEqual("/account", page.Url.AbsolutePath);
        Assert.True((await browser.GetAsync("/account")).IsSignIn);
    }

    [Fact]
    public async Task Where_addresses_have_to_be_confirmed_the_right_password_leads_there_and_on()
    {
        await using var strict = new Started();
        await strict.Provider.StartAsync(options => options.Settings["Accounts:RequireVerifiedEmail"] = "true");
        var provider = strict.Provider;
        await RegisterAsync(provider.NewBrowser(), "zita");
        var inbox = new Mailbox(provider.Host, "zita@people.example");
        await inbox.NextAsync();

        var client = provider.Client("web");
        var browser = provider.NewBrowser();
        var page = await browser.GetAsync(RelyingParty.AuthorizeUrl(client.Request()));
        Assert.True((await browser.SignInAsync(page, "zita", "a wrong pass phrase")).IsSignIn);
        page = await browser.SignInAsync(page, "zita", Password);
        Assert.Equal("/account/verify-email", page.Url.AbsolutePath);
        Assert.True((await browser.GetAsync("/account")).IsSignIn);
        page = await browser.SubmitAsync(page, "verify-submit", ("code", (await inbox.NextAsync()).Code));
        await client.RedeemAsync(Callback.Of(page));

        var again = provider.NewBrowser();
        Assert.Equal("/account", (await again.SignInAsync(await again.GetAsync("/account/login"), "zita", Password)).Url.AbsolutePath);
        Assert.Equal("/account", (await again.SignInAsync(await again.GetAsync("/account/login?switch=true"), "alice")).Url.AbsolutePath);
    }

    [Fact]
    public async Task Where_it_is_closed_there_is_no_page_and_no_link()
    {
        await using var provider = new Started();
        await provider.Provider.StartAsync(options => options.Settings["Registration:Enabled"] = "false");
        var browser = provider.Provider.NewBrowser();
        Assert.Equal(HttpStatusCode.NotFound, (await browser.GetAsync("/account/register")).Status);
        Assert.False((await browser.GetAsync("/account/login")).Has("register-link"));
        var open = Provider.NewBrowser();
        Assert.True((await open.GetAsync("/account/login")).Has("register-link"));
    }

    private static async Task<Page> RegisterAsync(Browser browser, string username, string? email = null, string password = Password)
    {
        var page = await browser.GetAsync("/account/register");
        return await browser.SubmitAsync(page, "register-submit", ("username", username), ("email", email ?? $"{username}@people.example"), ("password", password));
    }

    private static async Task SetUpAppAsync(Browser browser)
    {
        var page = await browser.GetAsync("/account/security/authenticator");
        var app = AuthenticatorApp.Of(page.Document.GetElementById("totp-secret")!.TextContent, TimeProvider.System);
        Assert.NotNull(await browser.SubmitAsync(page, "code-submit", ("code", app.Code)));
    }

    /// <summary>What an app is told of the address.</summary>
    private async Task<bool> IsVerifiedAsync(string username, string password = Password)
    {
        var client = Provider.Client("web");
        var browser = Provider.NewBrowser();
        var page = await browser.SignInAsync(await browser.GetAsync(RelyingParty.AuthorizeUrl(client.Request(changes: ("scope", "openid email")))), username, password);
        var claims = await Provider.GetAsync("/connect/userinfo", ("Authorization", "Bearer " + (await client.RedeemAsync(Callback.Of(page))).AccessToken));
        return claims.Json.GetProperty("email_verified").GetBoolean();
    }

    private Mailbox InboxOf(string name) => new(Provider.Host, $"{name}@people.example");

    private static string Comparable(Page page) => $"{page.Status} {page.Text.Length} {page.Document.QuerySelector("main")!.TextContent}";

    private static IEnumerable<string> CookieNames(Browser browser) => browser.SetCookies.Select(cookie => cookie[..cookie.IndexOf('=', StringComparison.Ordinal)]);

    public sealed class Server : IAsyncLifetime
    {
        public Provider Provider { get; } = new();

        public Task InitializeAsync() => Provider.StartAsync(options => (options.Settings["RateLimits:MailsPerAddress"], options.Settings["Registration:PerNetwork"]) = ("10", "1000"));

        public Task DisposeAsync() => Provider.DisposeAsync();
    }

    private sealed class Started : IAsyncDisposable
    {
        public Provider Provider { get; } = new();

        public async ValueTask DisposeAsync() => await Provider.DisposeAsync();
    }
}
