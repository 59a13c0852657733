using System.Net;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using Xunit;

namespace IdentityProvider.Tests.UI;

public sealed class LoginPageTests(PagesFixture pages) : IClassFixture<PagesFixture>
{
    [Fact]
    public async Task A_refused_password_keeps_the_name_but_not_the_password()
    {
        using var response = await pages.Host.NewClient().PostFormAsync("/account/login", Credentials("alice", "secret-guess"));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var page = await response.ReadHtmlAsync();
        Assert.NotNull(page.QuerySelector("[role=alert]"));
        Assert.Equal("alice", page.QuerySelector<IHtmlInputElement>("#username")!.Value);
        Assert.DoesNotContain("secret-guess", page.Source.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_name_and_a_wrong_password_read_the_same()
    {
        Assert.Equal(await RefusalAsync("alice", "wrong"), await RefusalAsync("nobody-of-that-name", "wrong"));
    }

    [Fact]
    public async Task After_the_first_sign_in_the_page_says_how_it_was_done_also_when_signed_out()
    {
        var browser = pages.Host.NewClient();
        Assert.Null(await HintAsync(browser));

        await pages.Host.SignInAsync("alice", browser: browser);
        using var signedOut = await browser.PostFormAsync("/account/logout", []);

        Assert.Equal("Last time you signed in with your password.", await HintAsync(browser));
    }

    [Theory]
    [InlineData("passkey", "Last time you signed in with a passkey.")]
    [InlineData("<script>", null)]
    [InlineData("alice", null)]
    public async Task The_hint_is_one_of_our_own_words(string cookie, string? hint)
    {
        using var browser = pages.Host.NewClient(cookies: false);
        browser.DefaultRequestHeaders.Add("Cookie", "idp.last-method=" + cookie);

        Assert.Equal(hint, await HintAsync(browser));
    }

    [Fact]
    public async Task The_hint_holds_nothing_but_the_word()
    {
        using var response = await pages.Host.NewClient().PostFormAsync("/account/login", Credentials("alice", "alice"));
        var cookie = response.Headers.GetValues("Set-Cookie").Single(cookie => cookie.StartsWith("idp.last-method", StringComparison.Ordinal));

        Assert.Equal("idp.last-method=password", cookie.Split(';')[0]);
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=lax", cookie, StringComparison.OrdinalIgnoreCase);
    }

    public static TheoryData<string, string> Implausible => new()
    {
        { "", "" },
        { new string('a', 257), "alice" },
        { "alice", new string('a', 1025) },
        { "ali\0ce", "alice" },
        { "🦊", "🦊" },
        { "\"><script>alert(1)</script>", "x" },
    };

    [Theory]
    [MemberData(nameof(Implausible))]
    public async Task Bad_input_is_never_a_failure_of_the_server(string username, string password)
    {
        using var response = await pages.Host.NewClient().PostFormAsync("/account/login", Credentials(username, password));

        Assert.Contains(response.StatusCode, new[] { HttpStatusCode.OK, HttpStatusCode.SeeOther });
        Assert.DoesNotContain("<script>alert", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain(response.Headers, header => header.Key == "Set-Cookie" && header.Value.Any(cookie => cookie.Contains("session", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_form_of_another_kind_leads_back_to_the_page()
    {
        using var json = new StringContent("[1]", System.Text.Encoding.UTF8, "application/json");
        using var response = await pages.Host.NewClient().PostAsync("/account/login", json);

        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        Assert.StartsWith("/account/login", response.Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_form_from_before_the_sign_in_in_another_tab_leads_to_a_page_that_continues()
    {
        var browser = pages.Host.NewClient();
        var secondTab = await PagesFixture.AuthorizeAsync(browser, "web");
        using var form = await browser.GetAsync(secondTab);
        var token = (await form.ReadHtmlAsync()).QuerySelector<IHtmlInputElement>("[name=__RequestVerificationToken]")!.Value;
        await pages.Host.SignInAsync("alice", browser: browser);

        using var posted = await browser.PostAsync(secondTab, ("username", "alice"), ("password", "alice"), ("__RequestVerificationToken", token));

        Assert.Equal(HttpStatusCode.SeeOther, posted.StatusCode);
        using var shown = await browser.GetAsync(posted.Headers.Location);
        Assert.NotNull((await shown.ReadHtmlAsync()).QuerySelector("#continue-submit"));
        using var continued = await browser.PostFormAsync(posted.Headers.Location!.OriginalString, []);
        using var answer = await browser.GetAsync(continued.Headers.Location);
        Assert.StartsWith("https://web.example/callback?code=", answer.Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_interaction_of_another_browser_has_expired_there_and_the_page_leads_on()
    {
        var url = await PagesFixture.AuthorizeAsync(pages.Host.NewClient(), "web");

        using var response = await pages.Host.NewClient().GetAsync(url);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.NotNull((await response.ReadHtmlAsync()).QuerySelector("a#expired-continue[href]"));
    }

    [Fact]
    public async Task The_login_hint_is_filled_in()
    {
        var browser = pages.Host.NewClient();

        using var response = await browser.GetAsync(await PagesFixture.AuthorizeAsync(browser, "web", ("login_hint", "bob@example.com")));

        Assert.Equal("bob@example.com", (await response.ReadHtmlAsync()).QuerySelector<IHtmlInputElement>("#username")!.Value);
    }

    [Fact]
    public async Task The_form_may_be_redirected_to_the_client_and_to_nobody_else()
    {
        var browser = pages.Host.NewClient();

        using var response = await browser.GetAsync(await PagesFixture.AuthorizeAsync(browser, "web"));

        Assert.Contains("form-action 'self' https://web.example;", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal("no-referrer", response.Headers.GetValues("Referrer-Policy").Single());
    }

    [Theory]
    [InlineData("/account?x=é🦊", "/account?x=%C3%A9%F0%9F%A6%8A")]
    [InlineData("https://evil.example/", "/account")]
    [InlineData("//evil.example/", "/account")]
    [InlineData("/\\evil.example/", "/account")]
    public async Task A_return_address_is_a_path_on_this_server(string returnUrl, string expected)
    {
        using var response = await pages.Host.NewClient()
            .PostFormAsync("/account/login?returnUrl=" + Uri.EscapeDataString(returnUrl), Credentials("alice", "alice"));

        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        Assert.Equal(expected, response.Headers.Location!.OriginalString);
    }

    private async Task<string> RefusalAsync(string username, string password)
    {
        using var response = await pages.Host.NewClient().PostFormAsync("/account/login", Credentials(username, password));
        return (await response.ReadHtmlAsync()).QuerySelector("[role=alert]")!.TextContent.Trim();
    }

    private static Dictionary<string, string> Credentials(string username, string password) =>
        new() { ["username"] = username, ["password"] = password };

    private static async Task<string?> HintAsync(HttpClient browser)
    {
        using var response = await browser.GetAsync("/account/login");
        return (await response.ReadHtmlAsync()).GetElementById("last-used")?.TextContent;
    }
}
