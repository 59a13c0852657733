using System.Net;
using Xunit;

namespace IdentityProvider.Tests.UI;

/// <summary>What follows a form of ours and leads to a client: a page for a browser, a redirect for everybody else.</summary>
public sealed class WayOutTests(PagesFixture pages) : IClassFixture<PagesFixture>
{
    [Fact]
    public async Task A_browser_gets_a_page_that_goes_on_by_itself_under_a_strict_policy()
    {
        using var answer = await DecideAsync("partner", "allow", fetchDestination: "document");

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var page = await answer.ReadHtmlAsync();
        var target = page.QuerySelector("a#onward")!.GetAttribute("href")!;
        Assert.StartsWith("https://partner.example/callback?code=", target, StringComparison.Ordinal);
        Assert.Equal("0;url=" + target, page.QuerySelector("meta[http-equiv=refresh]")!.GetAttribute("content"));
        Assert.Equal("no-store", answer.Headers.CacheControl!.ToString());
        Assert.Equal("no-referrer", answer.Headers.GetValues("Referrer-Policy").Single());
        var nonce = page.QuerySelector("style")!.GetAttribute("nonce");
        Assert.Equal(
            $"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
            answer.Headers.GetValues("Content-Security-Policy").Single());
    }

    [Theory]
    [InlineData("partner", null)]
    [InlineData("partner", "empty")]
    [InlineData("native", "document")]
    public async Task A_program_and_the_scheme_of_an_app_get_a_redirect(string client, string? fetchDestination)
    {
        using var answer = await DecideAsync(client, "allow", fetchDestination);

        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        Assert.StartsWith(client == "native" ? "com.example.native:/callback?code=" : "https://partner.example/callback?code=", answer.Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("de", "ltr", "Noch ein Schritt", "Weiter zu der App, von der Sie kommen")]
    [InlineData("ar", "rtl", "خطوة أخرى", "تابع إلى التطبيق الذي أرسلك إلى هنا")]
    [InlineData("nl", "ltr", "One more step", "Continue to the app that sent you here")]
    public async Task The_page_is_in_the_language_of_the_request_whichever_way_the_answer_goes(string language, string direction, string title, string onward)
    {
        using var byLink = await DecideAsync("partner", "allow", "document", language);
        using var byForm = await DecideAsync("partner", "allow", "document", language, ("response_mode", "form_post"));

        foreach (var (page, way) in new[] { (await byLink.ReadHtmlAsync(), "a#onward"), (await byForm.ReadHtmlAsync(), "form noscript button") })
        {
            Assert.Equal((language == "nl" ? "en" : language, direction), (page.DocumentElement.GetAttribute("lang"), page.DocumentElement.GetAttribute("dir")));
            Assert.Equal((title, title, onward), (page.Title, page.QuerySelector("h1")!.TextContent, page.QuerySelector(way)!.TextContent));
        }
    }

    private async Task<HttpResponseMessage> DecideAsync(
        string client, string decision, string? fetchDestination, string language = "en", params (string Name, string Value)[] more)
    {
        var browser = await pages.Host.SignInAsync("alice");
        using var decided = await browser.PostFormAsync(await PagesFixture.AuthorizeAsync(browser, client, more), new() { ["decision"] = decision });
        using var request = new HttpRequestMessage(HttpMethod.Get, decided.Headers.Location);
        request.Headers.Add("Accept-Language", language);
        if (fetchDestination is not null)
        {
            request.Headers.Add("Sec-Fetch-Dest", fetchDestination);
        }

        return await browser.SendAsync(request);
    }
}
