using System.Net;
using AngleSharp.Html.Dom;
using Xunit;

namespace IdentityProvider.Tests.UI;

/// <summary>Forms that other sites send, with a token that fits.</summary>
public sealed class CrossSiteFormTests(PagesFixture pages) : IClassFixture<PagesFixture>
{
    [Theory]
    [Trait("row", "S5")]
    [InlineData("Sec-Fetch-Site", "cross-site", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "same-site", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "same-origin", HttpStatusCode.SeeOther)]
    [InlineData("Origin", "https://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("Origin", "not an origin", HttpStatusCode.Forbidden)]
    [InlineData("Origin", "null", HttpStatusCode.SeeOther)]
    [InlineData("Origin", "", HttpStatusCode.SeeOther)]
    public async Task A_form_of_another_site_is_refused_even_with_a_token(string header, string value, HttpStatusCode expected)
    {
        using var response = await SignInAsync("/account/login", (header, value));

        Assert.Equal(expected, response.StatusCode);
        Assert.Equal(expected == HttpStatusCode.SeeOther, response.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    [Trait("row", "S5")]
    public async Task A_form_of_our_own_origin_is_taken()
    {
        using var response = await SignInAsync("/account/login", ("Origin", pages.Host.Issuer));

        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
    }

    [Theory]
    [Trait("row", "S5")]
    [InlineData("https://evil.example", "evil.example", HttpStatusCode.Forbidden)]
    [InlineData("http://inside:8080", "inside:8080", HttpStatusCode.Forbidden)]
    [InlineData(null, "inside:8080", HttpStatusCode.SeeOther)]
    public async Task Our_origin_is_the_issuers_whatever_Host_a_proxy_or_a_stranger_sends(string? origin, string host, HttpStatusCode expected)
    {
        using var response = await SignInAsync("/account/login", ("Origin", origin ?? pages.Host.Issuer), host);

        Assert.Equal(expected, response.StatusCode);
    }

    [Fact]
    [Trait("row", "S5")]
    public async Task The_issuers_host_by_another_scheme_is_another_origin()
    {
        using var response = await SignInAsync("/account/login", ("Origin", pages.Host.Issuer.Replace("http:", "https:", StringComparison.Ordinal)));

        Assert.Equal(HttpStatusCode.Forbidden, response.StatusCode);
    }

    [Fact]
    [Trait("row", "S5")]
    public async Task A_form_without_a_token_leads_to_its_page_and_nothing_is_done()
    {
        using var response = await pages.Host.NewClient().PostAsync("/account/login", ("username", "alice"), ("password", "alice"));

        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        Assert.StartsWith("/account/login?", response.Headers.Location!.OriginalString, StringComparison.Ordinal);
        Assert.False(response.Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task A_refused_request_of_another_site_still_gets_its_error_page()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/connect/authorize") { Headers = { { "Sec-Fetch-Site", "cross-site" } } };
        request.Content = new FormUrlEncodedContent([KeyValuePair.Create("client_id", "nobody")]);
        using var response = await pages.Host.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.NotNull((await response.ReadHtmlAsync()).GetElementById("error-code"));
    }

    private async Task<HttpResponseMessage> SignInAsync(string url, (string Name, string Value) header, string? host = null)
    {
        var browser = pages.Host.NewClient();
        using var page = await browser.GetAsync(url);
        var token = ((IHtmlInputElement)(await page.ReadHtmlAsync()).QuerySelector("input[name=__RequestVerificationToken]")!).Value;
        using var request = new HttpRequestMessage(HttpMethod.Post, url);
        request.Headers.TryAddWithoutValidation(header.Name, header.Value);
        request.Headers.Host = host;
        request.Content = new FormUrlEncodedContent(new Dictionary<string, string>
        {
            ["username"] = "alice", ["password"] = "alice", ["__RequestVerificationToken"] = token,
        });
        return await browser.SendAsync(request);
    }
}
