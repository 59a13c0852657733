using System.Net;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Account;

/// <summary>What people change about themselves.</summary>
public sealed class ProfileTests(AccountServer server) : IClassFixture<AccountServer>
{
    private Provider Provider => server.Provider;

    [Fact]
    public async Task What_is_saved_comes_out_of_userinfo_with_a_later_updated_at()
    {
        var browser = await server.SignInAsync("ada");
        var before = await UserInfoAsync(browser);
        Provider.Skip(TimeSpan.FromSeconds(5));

        var page = await browser.SubmitAsync(
            await browser.GetAsync("/account/profile"),
            "profile-submit",
            ("name", " Ada Lovelace "), ("given_name", "Ada"), ("birthdate", "1815-12-10"), ("website", "https://ada.example/"), ("zoneinfo", "Europe/London"), ("locale", "fr"));
        Assert.NotNull(page.Document.QuerySelector("#birthdate[aria-invalid=true]"));

        page = await browser.SubmitAsync(
            page, "profile-submit", ("birthdate", "1985-12-10"), ("phone_number", "+44 (20) 7946-0000"), ("locale", "fr"));
        Assert.Equal("/account/profile?saved=true", page.Url.PathAndQuery);
        Assert.Equal("fr", page.Document.DocumentElement.GetAttribute("lang"));

        var after = await UserInfoAsync(browser);
        Assert.Equal(
            ("Ada Lovelace", "Ada", "1985-12-10", "https://ada.example/", "Europe/London", "fr"),
            (Text("name"), Text("given_name"), Text("birthdate"), Text("website"), Text("zoneinfo"), Text("locale")));
        Assert.True(after.GetProperty("updated_at").GetInt64() > before.GetProperty("updated_at").GetInt64());
        Assert.Equal(("+442079460000", false), (Text("phone_number"), after.GetProperty("phone_number_verified").GetBoolean()));

        await browser.SubmitAsync(await browser.GetAsync("/account/profile"), "profile-submit", ("name", ""), ("phone_number", ""), ("locale", "en"));
        after = await UserInfoAsync(browser);
        Assert.False(after.TryGetProperty("name", out _));
        Assert.False(after.TryGetProperty("phone_number", out _));
        Assert.Equal("en", (await server.FindAsync("ada")).Culture);

        string? Text(string claim) => after.GetProperty(claim).GetString();
    }

    [Theory]
    [InlineData("name", "A\u0007da")]
    [InlineData("name", "Ada\u202Elacsap")]
    [InlineData("name", "101")]
    [InlineData("nickname", "Ada\r\nBcc: everybody@example.org")]
    [InlineData("website", "http://ada.example")]
    [InlineData("website", "javascript:alert(1)")]
    [InlineData("website", "https://ada@ada.example/")]
    [InlineData("website", "https://localhost/")]
    [InlineData("picture", "data:image/svg+xml,<svg/>")]
    [InlineData("picture", "//evil.example/a.png")]
    [InlineData("birthdate", "2100-01-01")]
    [InlineData("birthdate", "1990-02-30")]
    [InlineData("phone_number", "020 7946 0000")]
    [InlineData("phone_number", "+4930<script>")]
    [InlineData("zoneinfo", "Mars/Olympus")]
    [InlineData("zoneinfo", "../../etc/passwd")]
    public async Task What_cannot_be_stored_is_refused_at_its_field_and_keeps_the_rest_as_it_was_typed(string field, string value)
    {
        var typed = value == "101" ? new string('x', 101) : value;
        var browser = await server.SignInAsync("ben");

        var page = await browser.SubmitAsync(await browser.GetAsync("/account/profile"), "profile-submit", ("given_name", "Benjamin"), (field, typed));

        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.Equal("/account/profile", page.Url.AbsolutePath);
        var input = page.Document.GetElementById(field)!;
        Assert.Equal("true", input.GetAttribute("aria-invalid"));
        Assert.NotNull(page.Document.GetElementById(input.GetAttribute("aria-describedby")!.Split(' ')[0]));
        Assert.NotNull(page.Document.QuerySelector("[role=alert]"));
        Assert.Equal("Benjamin", page.Document.GetElementById("given_name")!.GetAttribute("value"));
        Assert.Empty((await server.FindProfileAsync("ben")).Claims);
    }

    [Fact]
    public async Task Claims_that_are_not_theirs_are_shown_and_cannot_be_set()
    {
        var browser = await server.SignInAsync("cleo");
        var page = await browser.GetAsync("/account/profile");
        Assert.Contains("department", page.Text, StringComparison.Ordinal);
        Assert.Contains("editor", page.Text, StringComparison.Ordinal);

        await browser.SubmitAsync(page, "profile-submit", ("name", "Cleo"), ("department", "Board"), ("role", "admin"), ("email", "x@example.org"), ("username", "root"));

        var profile = await server.FindProfileAsync("cleo");
        Assert.Equal(("Print", "Cleo", "cleo"), (profile.Find("department"), profile.Find("name"), profile.Username));
        Assert.Equal(["editor"], profile.Roles);
        Assert.Null(profile.Email);
    }

    [Fact]
    public async Task A_form_with_its_token_missing_is_not_obeyed()
    {
        var browser = await server.SignInAsync("dora");
        var page = await browser.PostAsync("/account/profile", [KeyValuePair.Create("name", "Mallory")]);
        Assert.Equal("/account/profile?stale=true", page.Url.PathAndQuery);
        Assert.Null((await server.FindProfileAsync("dora")).Find("name"));
    }

    private async Task<System.Text.Json.JsonElement> UserInfoAsync(Browser browser)
    {
        var tokens = await Provider.Client("web").SignInAsync(browser, "openid profile phone");
        var answer = await Provider.GetAsync("/connect/userinfo", ("Authorization", $"Bearer {tokens.AccessToken}"));
        return answer.Json;
    }
}
