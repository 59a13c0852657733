using System.Net;
using System.Text.Json;
using AngleSharp.Html.Dom;
using IdentityProvider.UI.Localization;
using Xunit;

namespace IdentityProvider.Tests.UI;

public sealed class LanguageTests(PagesFixture pages) : IClassFixture<PagesFixture>
{
    [Theory]
    [InlineData(null, "en", "ltr")]
    [InlineData("nl, de;q=0.5, fr;q=0.8", "fr", "ltr")]
    [InlineData("de-CH", "de", "ltr")]
    [InlineData("ar-EG,en;q=0.3", "ar", "rtl")]
    [InlineData("nl", "en", "ltr")]
    [InlineData("de;q=0, es;q=0.1", "es", "ltr")]
    [InlineData("\"; drop, x;q=y", "en", "ltr")]
    public async Task A_page_is_in_the_language_that_the_browser_accepts(string? accepted, string language, string direction)
    {
        using var browser = pages.Host.NewClient();
        if (accepted is not null)
        {
            browser.DefaultRequestHeaders.TryAddWithoutValidation("Accept-Language", accepted);
        }

        var page = await ReadAsync(browser, "/account/login");
        Assert.Equal((language, direction), (page.DocumentElement.GetAttribute("lang"), page.DocumentElement.GetAttribute("dir")));
    }

    [Fact]
    public async Task The_ui_locales_of_a_request_come_before_what_the_browser_accepts()
    {
        using var browser = pages.Host.NewClient();
        browser.DefaultRequestHeaders.Add("Accept-Language", "fr");
        var url = await PagesFixture.AuthorizeAsync(browser, "web", ("ui_locales", "nl es-MX de"));

        var page = await ReadAsync(browser, url);
        Assert.Equal("es", page.DocumentElement.GetAttribute("lang"));
        Assert.Equal("Iniciar sesión", page.QuerySelector("#login-submit")!.TextContent);

        // A refused password does not change it.
        using var refused = await browser.PostFormAsync(url, new() { ["username"] = "alice", ["password"] = "wrong" });
        Assert.Equal("es", (await refused.ReadHtmlAsync()).DocumentElement.GetAttribute("lang"));
    }

    [Fact]
    public async Task The_language_chosen_at_this_browser_comes_before_both_and_leads_back_to_the_page()
    {
        using var browser = pages.Host.NewClient();
        browser.DefaultRequestHeaders.Add("Accept-Language", "fr");
        var url = await PagesFixture.AuthorizeAsync(browser, "web", ("ui_locales", "de"));
        var link = (await ReadAsync(browser, url)).QuerySelector("#languages a[lang=ar]")!;

        using var chosen = await browser.GetAsync(link.GetAttribute("href"));
        Assert.Equal(HttpStatusCode.SeeOther, chosen.StatusCode);
        var back = chosen.Headers.Location!.OriginalString;
        Assert.Equal(url, back);
        var page = await ReadAsync(browser, back);
        Assert.Equal("ar", page.DocumentElement.GetAttribute("lang"));
        Assert.Equal("true", page.QuerySelector("#languages a[lang=ar]")!.GetAttribute("aria-current"));
    }

    [Theory]
    [InlineData("//evil.example/")]
    [InlineData("https://evil.example/")]
    [InlineData("/\\evil.example")]
    [InlineData("javascript:alert(1)")]
    [InlineData("/\r\nSet-Cookie: a=b")]
    public async Task Choosing_a_language_leads_nowhere_else(string returnUrl)
    {
        using var response = await pages.Host.NewClient().GetAsync($"/account/language?set=de&returnUrl={Uri.EscapeDataString(returnUrl)}");
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        var location = response.Headers.Location!.OriginalString;
        Assert.StartsWith("/", location, StringComparison.Ordinal);
        Assert.False(location.StartsWith("//", StringComparison.Ordinal) || location.StartsWith("/\\", StringComparison.Ordinal));
        Assert.DoesNotContain(response.Headers, header => header.Key == "Set-Cookie" && header.Value.Any(cookie => cookie.StartsWith("a=", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task An_unknown_language_is_not_remembered()
    {
        using var response = await pages.Host.NewClient().GetAsync("/account/language?set=xx&returnUrl=%2F");
        Assert.DoesNotContain(response.Headers, header => header.Key == "Set-Cookie" && header.Value.Any(cookie => cookie.Contains("language", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Discovery_names_the_languages()
    {
        using var metadata = JsonDocument.Parse(await pages.Host.NewClient().GetStringAsync("/.well-known/openid-configuration"));
        Assert.Equal(
            Language.All.Select(language => language.Code),
            metadata.RootElement.GetProperty("ui_locales_supported").EnumerateArray().Select(value => value.GetString()!));
    }

    private static async Task<IHtmlDocument> ReadAsync(HttpClient browser, string url)
    {
        using var response = await browser.GetAsync(url);
        return await response.ReadHtmlAsync();
    }
}
