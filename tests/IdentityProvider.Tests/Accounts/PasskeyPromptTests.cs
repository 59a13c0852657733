using System.Net;
using System.Text.Json;
using AngleSharp.Dom;
using IdentityProvider.Tests.Configuration;
using IdentityProvider.Tests.UI;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace IdentityProvider.Tests.Accounts;

/// <summary>What the sign-in page tells about passkeys, and what it makes of answers that are none.</summary>
public sealed class PasskeyPromptTests(PagesFixture pages) : IClassFixture<PagesFixture>
{
    [Fact]
    [Trait("row", "R8")]
    public async Task A_network_answers_so_often_in_vain_and_is_then_told_to_wait_whatever_the_challenge()
    {
        await using var host = await TestHost.StartAsync(options => options.Settings["RateLimits:SignInFailuresPerNetwork"] = "3");
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await AnswerAsync()).StatusCode);
        }

        using var refused = await AnswerAsync();
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.NotNull(refused.Headers.RetryAfter);

        async Task<HttpResponseMessage> AnswerAsync()
        {
            var browser = host.NewClient();
            using var page = await browser.GetAsync("/account/login");
            var form = (await page.ReadHtmlAsync()).GetElementById("passkey-form")!;
            return await browser.PostAsync(
                "/account/login",
                ("credential", "{}"), ("challenge", Field(form, "challenge")), ("__RequestVerificationToken", Field(form, "__RequestVerificationToken")));
        }
    }

    [Fact]
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

    [Fact]
    public async Task A_passkey_may_belong_to_a_domain_above_the_issuer_and_no_further_origin_is_let_in_by_that()
    {
        await using var host = await TestHost.StartAsync(options =>
        {
            options.Environment = "Development";
            options.Settings["Issuer"] = "https://id.acme.example";
            options.Settings["Passkeys:RelyingPartyId"] = "acme.example";
            options.Settings["Passkeys:Origins:0"] = "https://login.acme.example";
        });
        using var response = await host.NewClient().GetAsync("/account/login");
        var options = JsonDocument.Parse((await response.ReadHtmlAsync()).GetElementById("passkey-form")!.GetAttribute("data-options")!).RootElement;
        var allowed = host.Services.GetRequiredService<IOptions<IdentityPasskeyOptions>>().Value.ValidateOrigin!;
        async Task<bool> AllowsAsync(string origin, bool crossOrigin = false) =>
            await allowed(new PasskeyOriginValidationContext { HttpContext = new DefaultHttpContext(), Origin = origin, CrossOrigin = crossOrigin });

        Assert.Equal("acme.example", options.GetProperty("rpId").GetString());
        Assert.True(await AllowsAsync("https://id.acme.example"));
        Assert.True(await AllowsAsync("https://login.acme.example"));
        Assert.False(await AllowsAsync("https://id.acme.example", crossOrigin: true));
        Assert.False(await AllowsAsync("https://acme.example"));
        Assert.False(await AllowsAsync("https://evil.acme.example"));
        Assert.False(await AllowsAsync("http://id.acme.example"));
        Assert.False(await AllowsAsync("https://id.acme.example:8443"));
    }

    [Theory]
    [InlineData("Passkeys:RelyingPartyId", "other.example", "neither the host of https://id.example.com nor a parent domain")]
    [InlineData("Passkeys:RelyingPartyId", "com", "neither the host")]
    [InlineData("Passkeys:RelyingPartyId", "ample.com", "neither the host")]
    [InlineData("Passkeys:Origins:0", "https://id.example.com/", "is not an origin")]
    [InlineData("Passkeys:Origins:0", "http://login.example.com", "is not an origin")]
    [InlineData("Passkeys:Origins:0", "https://login.example.org", "neither the host of https://login.example.org")]
    public async Task A_relying_party_that_browsers_would_refuse_stops_the_start(string key, string value, string message)
    {
        var (code, _, error) = await Startup.StartAsync((key, value));

        Assert.Equal(1, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("not json")]
    [InlineData("""{"id":"\ud800"}""")]
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
