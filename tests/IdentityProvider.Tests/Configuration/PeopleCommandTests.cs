using System.Net;
using System.Text.RegularExpressions;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Tests.Support;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Tests.Configuration;

/// <summary><c>idp users</c> and <c>idp sessions</c>, beside a running server.</summary>
public sealed class PeopleCommandTests : IAsyncLifetime
{
    private const string Offline = "openid offline_access api.read";

    private readonly Provider _provider = new();
    private string[] _settings = [];

    public async Task InitializeAsync()
    {
        await _provider.StartAsync(configure: null);
        var directory = _provider.Host.Directory;
        _settings =
        [
            "--environment=Development", "--Database:Provider=Sqlite", $"--ConnectionStrings:Database=Data Source={directory}/idp.db",
            $"--Keys:Directory={directory}/keys", "--Argon2:MemoryKiB=8", "--Argon2:Iterations=1",
        ];
    }

    public Task DisposeAsync() => _provider.DisposeAsync();

    [Fact]
    public async Task A_person_who_was_created_is_listed_and_shown_and_signs_in_with_the_printed_password()
    {
        var created = await IdpAsync("users", "create", "erin", "--email", "erin@people.example", "--email-verified");
        var password = Regex.Match(created, "^Password: (.+)$", RegexOptions.Multiline).Groups[1].Value;

        Assert.Matches("(?m)^erin +[0-9a-f-]{36} erin@people.example +active$", await IdpAsync("users", "list"));
        var shown = await IdpAsync("users", "show", "ERIN");
        Assert.Contains("E-mail:   erin@people.example (verified)", shown, StringComparison.Ordinal);
        Assert.Contains("Password: set", shown, StringComparison.Ordinal);
        var subject = Regex.Match(shown, "Subject: +(.+)").Groups[1].Value;
        Assert.Contains("Username: erin", await IdpAsync("users", "show", subject), StringComparison.Ordinal);
        Assert.True(await SignsInAsync("erin", password));
    }

    [Fact]
    public async Task A_password_can_come_from_the_standard_input_and_is_not_printed()
    {
        var output = await IdpWithInputAsync("correct horse battery staple\n", "users", "create", "frank", "--password-stdin");

        Assert.DoesNotContain("Password", output, StringComparison.Ordinal);
        Assert.True(await SignsInAsync("frank", "correct horse battery staple"));
        await IdpWithInputAsync("short\n", "users", "create", "fred", "--password-stdin");
        Assert.True((await UserAsync("fred")).HasShortPassword);
        Assert.False((await UserAsync("frank")).HasShortPassword);
        Assert.True((await UserAsync("alice")).HasShortPassword);
        var browser = _provider.NewBrowser();
        await browser.SignInAsync(await browser.GetAsync("/account/login"), "fred", "short");
        Assert.Contains("The account was made", (await browser.GetAsync("/account/activity")).Text, StringComparison.Ordinal);
        await FailsAsync("first line", "users", "create", "grace", "--password-stdin");
    }

    [Theory]
    [InlineData("already taken", "users", "create", "alice")]
    [InlineData("belongs to alice", "users", "create", "harry", "--email", "ALICE@people.example")]
    [InlineData("not an e-mail address", "users", "create", "harry", "--email", "nobody")]
    [InlineData("needs --email", "users", "create", "harry", "--email-verified")]
    [InlineData("`idp users list` shows them", "users", "show", "nobody")]
    [InlineData("`idp users list` shows them", "users", "lock", "nobody", "--reason", "x")]
    [InlineData("`idp users list` shows them", "users", "reset-password", "nobody")]
    [InlineData("`idp users list` shows them", "sessions", "list", "--user", "nobody")]
    [InlineData("`idp users list` shows them", "sessions", "end", "--user", "nobody")]
    [InlineData("is not locked", "users", "unlock", "bob")]
    [InlineData("no live session", "sessions", "end", "018f3c1e-7a10-7000-8000-000000000b0b")]
    public async Task What_cannot_be_done_says_why(string why, params string[] command) => await FailsAsync(why, command);

    [Fact]
    public async Task A_locked_person_is_refused_everywhere_at_once_until_the_lock_is_taken_off()
    {
        var client = _provider.Client("web");
        var browser = _provider.NewBrowser();
        var tokens = await client.SignInAsync(browser, Offline);

        Assert.Contains("alice is locked. Ended: 1 session(s), 1 grant(s).", await IdpAsync("users", "lock", "alice", "--reason", "laptop stolen"), StringComparison.Ordinal);

        Assert.True((await browser.GetAsync("/account")).IsSignIn);
        Assert.Equal("""{"active":false}""", (await _provider.Api("api").IntrospectAsync(tokens.AccessToken)).Text);
        Assert.Equal(HttpStatusCode.Unauthorized, (await client.UserInfoAsync(tokens.AccessToken)).Status);
        (await client.RefreshAsync(tokens.RefreshToken)).Fails("invalid_grant");
        Assert.False(await SignsInAsync("alice", "alice"));
        Assert.Matches("State: +locked since .*: laptop stolen", await IdpAsync("users", "show", "alice"));
        var locked = await IdpAsync("users", "list", "--locked");
        Assert.Matches("(?m)^alice .* locked since .*: laptop stolen$", locked);
        Assert.DoesNotMatch("(?m)^bob ", locked);

        await IdpAsync("users", "unlock", "alice");
        Assert.True(await SignsInAsync("alice", "alice"));
        (await client.RefreshAsync(tokens.RefreshToken)).Fails("invalid_grant");
    }

    [Fact]
    [Trait("row", "E7")]
    public async Task After_an_unlock_with_a_reset_only_a_new_password_opens_the_account()
    {
        await IdpAsync("users", "lock", "bob", "--reason", "password in a leak");
        Assert.Contains("reset-password bob", await IdpAsync("users", "unlock", "bob", "--require-reset"), StringComparison.Ordinal);
        Assert.Contains("Password: none", await IdpAsync("users", "show", "bob"), StringComparison.Ordinal);
        Assert.False(await SignsInAsync("bob", "bob"));

        await IdpWithInputAsync("a new one for bob", "users", "reset-password", "bob", "--password-stdin");
        Assert.False(await SignsInAsync("bob", "bob"));
        Assert.True(await SignsInAsync("bob", "a new one for bob"));
    }

    [Fact]
    [Trait("row", "E7")]
    [Trait("row", "X20")]
    public async Task A_person_without_a_second_factor_comes_back_with_a_code_of_the_operator_and_sets_one_up_before_anything_else()
    {
        await IdpAsync("users", "lock", "alice", "--reason", "account taken over");
        await FailsAsync("comes first", "users", "one-time-code", "alice");
        Assert.Contains("one-time-code alice", await IdpAsync("users", "unlock", "alice", "--require-mfa-reenrol"), StringComparison.Ordinal);
        Assert.Contains("has to set up a second factor", await IdpAsync("users", "show", "alice"), StringComparison.Ordinal);
        var client = _provider.Client("web");
        var browser = _provider.NewBrowser();
        var page = await browser.SignInAsync(await browser.GetAsync(RelyingParty.AuthorizeUrl(client.Request())), "alice");
        Assert.Equal("/account/two-factor", page.Url.AbsolutePath);
        page = await browser.SubmitAsync(page, "code-submit", ("code", "12345678"));
        Assert.Equal("/account/two-factor", page.Url.AbsolutePath);

        var stale = CodeOf(await IdpAsync("users", "one-time-code", "alice"));
        var code = CodeOf(await IdpAsync("users", "one-time-code", "alice", "--valid-for", "00:10:00"));
        page = await browser.SubmitAsync(page, "code-submit", ("code", stale));
        Assert.Equal("/account/two-factor", page.Url.AbsolutePath);
        page = await browser.SubmitAsync(page, "code-submit", ("code", code));
        Assert.Equal("/account/enrol", page.Url.AbsolutePath);
        Assert.Equal("/account/enrol", (await browser.GetAsync("/account")).Url.AbsolutePath);
        Assert.Equal("/account/enrol", (await browser.GetAsync(RelyingParty.AuthorizeUrl(client.Request()))).Url.AbsolutePath);
        Assert.Equal("login_required", Callback.Of(await browser.GetAsync(RelyingParty.AuthorizeUrl(client.Request("openid", ("prompt", "none")))))["error"]);

        _provider.Skip(TimeSpan.FromMinutes(20));
        page = await browser.GetAsync(page.Document.GetElementById("set-up-app")!.GetAttribute("href")!);
        var app = AuthenticatorApp.Of(page.Document.GetElementById("totp-secret")!.TextContent, _provider.Time);
        page = await browser.SubmitAsync(page, "code-submit", ("code", app.CodeOf(-1)));
        page = await browser.GetAsync(page.Document.GetElementById("codes-kept")!.GetAttribute("href")!);
        await client.RedeemAsync(Callback.Of(page));
        Assert.DoesNotContain("has to set up", await IdpAsync("users", "show", "alice"), StringComparison.Ordinal);

        var again = _provider.NewBrowser();
        page = await again.SignInAsync(await again.GetAsync("/account/login"), "alice");
        page = await again.SubmitAsync(page, "code-submit", ("code", code), ("method", "Operator"));
        Assert.Equal("/account/two-factor", page.Url.AbsolutePath);
        page = await again.SubmitAsync(page, "code-submit", ("code", app.Code), ("method", "App"));
        Assert.Equal("/account", page.Url.AbsolutePath);
        var activity = (await again.GetAsync("/account/activity")).Text;
        Assert.Contains("unlocked by its operator", activity, StringComparison.Ordinal);
        Assert.Contains("one-time code of your administrator was used", activity, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("row", "P12")]
    public async Task An_address_that_an_operator_sets_is_theirs_and_nobody_elses_and_the_old_one_is_told()
    {
        Assert.Contains("is alice2@people.example", await IdpAsync("users", "set-email", "alice", "alice2@people.example"), StringComparison.Ordinal);
        _provider.Time.Advance(TimeSpan.FromMinutes(1));
        var told = (await new Mailbox(_provider.Host, "alice@people.example").NextAsync()).Message;
        Assert.Contains("Your e-mail address was changed", told.Subject, StringComparison.Ordinal);
        Assert.DoesNotContain("token=", told.Text, StringComparison.Ordinal);
        Assert.Contains("is bob2@people.example", await IdpAsync("users", "set-email", "bob", "bob2@people.example"), StringComparison.Ordinal);
        Assert.Contains("bob2@people.example (verified)", await IdpAsync("users", "show", "bob"), StringComparison.Ordinal);
        await FailsAsync("not an e-mail address", "users", "set-email", "bob", "nobody");
        await FailsAsync("Another account has", "users", "set-email", "alice", "BOB2@people.example");
    }

    [Fact]
    public async Task What_the_server_writes_itself_is_no_reason_of_an_operator() => await FailsAsync("another reason", "users", "lock", "bob", "--reason", "not_me");

    [Fact]
    public async Task An_address_that_nobody_has_confirmed_is_free()
    {
        Assert.Contains("bob@people.example (not verified)", await IdpAsync("users", "show", "bob"), StringComparison.Ordinal);
        Assert.Contains("Created harry", await IdpAsync("users", "create", "harry", "--email", "bob@people.example", "--email-verified"), StringComparison.Ordinal);
    }

    private async Task<User> UserAsync(string name)
    {
        await using var scope = _provider.Host.Services.CreateAsyncScope();
        return (await scope.ServiceProvider.GetRequiredService<UserManager<User>>().FindByNameAsync(name))!;
    }

    private static string CodeOf(string output) => Regex.Match(output, @"Code: (\d{8})").Groups[1].Value;

    [Fact]
    public async Task Sessions_are_listed_and_ended_one_by_one_or_all_at_once()
    {
        var browsers = new List<Browser>();
        foreach (var _ in Enumerable.Range(0, 3))
        {
            browsers.Add(_provider.NewBrowser());
            await _provider.Client("web").SignInAsync(browsers[^1], "openid");
            _provider.Time.Advance(TimeSpan.FromSeconds(1));
        }

        var lines = (await IdpAsync("sessions", "list", "--user", "alice")).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, lines.Length);
        Assert.Contains(" web ", lines[1], StringComparison.Ordinal);
        Assert.Contains("Firefox", lines[1], StringComparison.Ordinal);

        await IdpAsync("sessions", "end", lines[1].Split(' ')[0]);
        Assert.Equal("in in out", await StatesAsync(browsers));

        Assert.Contains("Ended 2 session(s).", await IdpAsync("sessions", "end", "--user", "alice"), StringComparison.Ordinal);
        Assert.Equal("out out out", await StatesAsync(browsers));
    }

    private static async Task<string> StatesAsync(IEnumerable<Browser> browsers) =>
        string.Join(' ', await Task.WhenAll(browsers.Select(async browser => (await browser.GetAsync("/account")).IsSignIn ? "out" : "in")));

    private Task<string> IdpAsync(params string[] command) => IdpWithInputAsync("", command);

    private async Task<string> IdpWithInputAsync(string input, params string[] command)
    {
        var (code, output, error) = await Startup.RunWithInputAsync(input, [.. command, .. _settings]);
        Assert.True(code == 0, error);
        return output;
    }

    private async Task FailsAsync(string why, params string[] command)
    {
        var (code, output, error) = await Startup.RunAsync([.. command, .. _settings]);
        Assert.Equal((1, ""), (code, output));
        Assert.Contains(why, error, StringComparison.Ordinal);
    }

    private async Task<bool> SignsInAsync(string username, string password)
    {
        var browser = _provider.NewBrowser();
        await browser.SignInAsync(await browser.GetAsync("/account/login"), username, password);
        return !(await browser.GetAsync("/account")).IsSignIn;
    }
}
