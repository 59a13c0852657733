using System.Net;
using System.Text.Json;
using AngleSharp.Dom;
using IdentityProvider.Tests.UI;
using Xunit;

namespace IdentityProvider.Tests.Accounts;

/// <summary>What the sign-in page tells about passkeys, and what it makes of answers that are none.</summary>
public sealed class PasskeyPromptTests(PagesFixture pages) : IClassFixture<PagesFixture>
{
    [Fact]
    [Trait("row", "R8")]
    public async Task The_prompt_is_for_everybody_demands_verification_and_takes_its_site_from_the_configuration()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/account/login") { Headers = { Host = "evil.example" } };
        using var response = await pages.Host.NewClient().SendAsync(request);
        var form = (await response.ReadHtmlAsync()).GetElementById("passkey-form")!;
        var options = JsonDocument.Parse(form.GetAttribute("data-options")!).RootElement;

        Assert.Empty(options.GetProperty("allowCredentials").EnumerateArray());
        Assert.Equal("required", options.GetProperty("userVerification").GetString());
        Assert.Equal("localhost", options.GetProperty("rpId").GetString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("not json")]
    [InlineData("""{"id":"AAAA","rawId":"AAAA","type":"public-key","clientExtensionResults":{},"response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA"}}""")]
    public async Task An_answer_that_is_none_is_refused_on_the_page(string credential)
    {
        var browser = pages.Host.NewClient();
        using var page = await browser.GetAsync("/account/login");
        var form = (await page.ReadHtmlAsync()).GetElementById("passkey-form")!;
        using var response = await browser.PostAsync(
            "/account/login",
            ("credential", credential), ("challenge", Field(form, "challenge")), ("__RequestVerificationToken", Field(form, "__RequestVerificationToken")));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.NotNull((await response.ReadHtmlAsync()).QuerySelector("[role=alert]"));
    }

    [Fact]
    public async Task A_challenge_of_another_browser_is_refused()
    {
        using var elsewhere = await pages.Host.NewClient().GetAsync("/account/login");
        var stolen = Field((await elsewhere.ReadHtmlAsync()).GetElementById("passkey-form")!, "challenge");
        var browser = pages.Host.NewClient();
        using var page = await browser.GetAsync("/account/login");
        var form = (await page.ReadHtmlAsync()).GetElementById("passkey-form")!;
        using var response = await browser.PostAsync(
            "/account/login",
            ("credential", "{}"), ("challenge", stolen), ("__RequestVerificationToken", Field(form, "__RequestVerificationToken")));

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains(pages.Host.Log.Lines, line => line.Contains("the challenge was made for something or somebody else", StringComparison.Ordinal));
    }

    private static string Field(IElement form, string name) => form.QuerySelector($"input[name={name}]")!.GetAttribute("value")!;
}
