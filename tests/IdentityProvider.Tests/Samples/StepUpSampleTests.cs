using System.Net;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using IdentityProvider.Tests.Support;
using Microsoft.AspNetCore.WebUtilities;
using Xunit;

namespace IdentityProvider.Tests.Samples;

/// <summary>RFC 9470, from the API's refusal to its consent, with the API of <c>docs/clients.md</c>.</summary>
public sealed partial class StepUpSampleTests : IAsyncLifetime
{
    private const string RedirectUri = "https://web.example/callback";

    private readonly string _verifier = WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(32));
    private TestHost _host = null!;
    private ApiSampleTests.RunningApi _api = null!;

    public async Task InitializeAsync()
    {
        _host = await TestHost.StartAsync();
        _api = await ApiSampleTests.RunningApi.StartAsync(_host.Issuer);
    }

    public async Task DisposeAsync()
    {
        await _api.DisposeAsync();
        await _host.DisposeAsync();
    }

    [Fact]
    [Trait("feature", "11")]
    public async Task What_the_API_asks_for_the_client_asks_the_server_for_and_the_next_token_is_enough()
    {
        var browser = await _host.SignInAsync("alice");
        var app = await SetUpAppAsync(await _host.SignInAsync("alice"));
        var weak = await TokenAsync(await AuthorizeAsync(browser));
        using var refused = await _api.SendAsync(HttpMethod.Delete, weak);
        var challenge = refused.Headers.WwwAuthenticate.Single().ToString();

        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Contains("error=\"insufficient_user_authentication\"", challenge, StringComparison.Ordinal);

        var wanted = Parameter().Matches(challenge).ToDictionary(match => match.Groups[1].Value, match => match.Groups[2].Value);
        var page = await AuthorizeAsync(browser, ("acr_values", wanted["acr_values"]), ("max_age", wanted["max_age"]));
        Assert.StartsWith("/account/two-factor", page, StringComparison.Ordinal);
        using var raised = await browser.PostFormAsync(page, new() { ["code"] = app.Code });
        using var answer = await browser.GetAsync(raised.Headers.Location);
        var strong = await TokenAsync(answer.Headers.Location!.OriginalString);

        using var allowed = await _api.SendAsync(HttpMethod.Delete, strong);
        Assert.Equal(HttpStatusCode.NoContent, allowed.StatusCode);
        Assert.Equal(("1", "2"), (Jwt.Claims(weak).GetProperty("acr").GetString(), Jwt.Claims(strong).GetProperty("acr").GetString()));
        Assert.True(Jwt.Claims(strong).GetProperty("auth_time").GetInt64() >= Jwt.Claims(weak).GetProperty("auth_time").GetInt64());
    }

    private static async Task<AuthenticatorApp> SetUpAppAsync(HttpClient browser)
    {
        using var page = await browser.GetAsync("/account/security/authenticator");
        var document = await page.ReadHtmlAsync();
        var app = AuthenticatorApp.Of(document.QuerySelector("#totp-secret")!.TextContent, TimeProvider.System);
        var form = document.QuerySelector("#code-submit")!.Closest("form")!;
        var hidden = form.QuerySelectorAll("input[type=hidden]").Select(input => (input.GetAttribute("name")!, input.GetAttribute("value") ?? ""));
        using var done = await browser.PostAsync("/account/security/authenticator", [.. hidden, ("code", app.CodeOf(-1))]);
        Assert.NotNull((await done.ReadHtmlAsync()).GetElementById("recovery-codes"));
        return app;
    }

    /// <summary>Where the request leads: a page, or the client.</summary>
    private async Task<string> AuthorizeAsync(HttpClient browser, params (string Name, string Value)[] more)
    {
        (string Name, string Value)[] parameters =
        [
            ("response_type", "code"), ("client_id", "web"), ("redirect_uri", RedirectUri), ("scope", "openid api.read"),
            ("code_challenge", RelyingParty.Challenge(_verifier)), ("code_challenge_method", "S256"), .. more,
        ];
        using var response = await browser.GetAsync(QueryHelpers.AddQueryString("/connect/authorize", parameters.ToDictionary(p => p.Name, p => (string?)p.Value)));
        return response.Headers.Location!.OriginalString;
    }

    private async Task<string> TokenAsync(string callback)
    {
        using var response = await _host.Http.PostAsync(
            "/connect/token",
            ("grant_type", "authorization_code"), ("code", QueryHelpers.ParseQuery(new Uri(callback).Query)["code"].ToString()), ("redirect_uri", RedirectUri),
            ("code_verifier", _verifier), ("client_id", "web"), ("client_secret", "web-secret"));
        return (await response.ReadJsonAsync()).GetProperty("access_token").GetString()!;
    }

    [GeneratedRegex("(\\w+)=\"([^\"]*)\"")]
    private static partial Regex Parameter();
}
