using System.Net;
using System.Text;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using Xunit;

namespace IdentityProvider.Tests.UI;

public sealed class HostedPagesTests(PagesFixture pages) : IClassFixture<PagesFixture>
{
    private const int LargestPage = 12 * 1024;

    [Fact]
    public async Task Every_page_in_every_state_keeps_the_rules_of_pages()
    {
        using var gallery = await pages.Host.Http.GetAsync("/dev/pages");
        var states = (await gallery.ReadHtmlAsync()).QuerySelectorAll<IHtmlAnchorElement>(".links a").Select(link => link.GetAttribute("href")!).ToList();

        Assert.True(states.Count > 15);
        foreach (var state in states)
        {
            using var response = await pages.Host.Http.GetAsync(state);
            var source = await response.Content.ReadAsStringAsync();
            var page = await response.ReadHtmlAsync();

            Assert.True(Encoding.UTF8.GetByteCount(source) < LargestPage, state);
            Assert.Contains("frame-ancestors 'none'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
            Assert.True(response.Headers.CacheControl is { NoStore: true }, state);
            Assert.True(page.QuerySelectorAll("style, [style], [onclick], script:not([src])").Length == 0, state);
            Assert.Single(page.QuerySelectorAll("h1"));
            Assert.Single(page.QuerySelectorAll("main"));
            Assert.All(
                page.QuerySelectorAll("input:not([type=hidden])"),
                input => Assert.NotNull(input.Closest("label") ?? page.QuerySelector($"label[for='{input.Id}']")));
        }
    }

    [Fact]
    public async Task An_error_that_must_not_reach_the_client_shows_its_code_and_a_reference()
    {
        using var response = await pages.Host.Http.GetAsync("/connect/authorize?client_id=nobody&redirect_uri=https://evil.example/&response_type=code");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        var page = await response.ReadHtmlAsync();
        Assert.Matches("^[a-z_]+$", page.QuerySelector("#error-code")!.TextContent);
        Assert.Matches("^[0-9a-f]{32}$", page.QuerySelector("#error-reference")!.TextContent);
        Assert.Null(page.QuerySelector("meta[http-equiv=refresh], a[href*=evil]"));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("DELETE")]
    public async Task An_unknown_address_is_a_page_with_status_404_for_every_verb(string verb)
    {
        using var request = new HttpRequestMessage(new HttpMethod(verb), "/no/such/page");
        using var response = await pages.Host.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Equal("not_found", (await response.ReadHtmlAsync()).QuerySelector("#error-code")!.TextContent);
    }

    [Fact]
    public async Task Signing_out_is_asked_first_then_done()
    {
        var browser = await pages.Host.SignInAsync("alice");
        using var question = await browser.GetAsync("/account/logout");
        Assert.NotNull((await question.ReadHtmlAsync()).QuerySelector("button#logout-confirm"));

        using var done = await browser.PostFormAsync("/account/logout", []);
        using var account = await browser.GetAsync("/account");

        Assert.Equal("/account/logged-out", done.Headers.Location!.OriginalString);
        Assert.StartsWith("/account/login", account.Headers.Location!.OriginalString, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_page_signed_out_is_not_shown_to_somebody_who_is_signed_in()
    {
        var browser = await pages.Host.SignInAsync("alice");

        using var response = await browser.GetAsync("/account/logged-out");

        Assert.Equal("/account/logout", response.Headers.Location!.OriginalString);
    }
}
