using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using IdentityProvider.Testing;
using Microsoft.AspNetCore.WebUtilities;
using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

/// <summary>A client of the test seed, as it talks to whichever instance an <see cref="HttpClient"/> leads to.</summary>
internal sealed class App(string id, string? secret, string redirectUri)
{
    public static App Web => new("web", "web-secret", "https://web.example/callback");

    public static App Spa => new("spa", null, "https://spa.example/callback");

    /// <summary>Confidential, and its refresh tokens rotate.</summary>
    public static App Rotating => new("rotating", "rotating-secret", "https://rotating.example/callback");

    /// <summary>Needs consent.</summary>
    public static App Partner => new("partner", "partner-secret", "https://partner.example/callback");

    public static App Machine => new("machine", "machine-secret", "");

    public string RedirectUri => redirectUri;

    public string Verifier { get; } = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    public string Nonce { get; } = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));

    public string RequestUrl(params (string Name, string Value)[] more) => QueryHelpers.AddQueryString(
        "/connect/authorize",
        new Dictionary<string, string?>(
        [
            new("client_id", id),
            new("redirect_uri", redirectUri),
            new("response_type", "code"),
            new("scope", "openid profile api.read offline_access"),
            new("nonce", Nonce),
            new("code_challenge", Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)))),
            new("code_challenge_method", "S256"),
            .. more.Select(it => KeyValuePair.Create(it.Name, (string?)it.Value)),
        ]));

    /// <summary>Asks for a code in a browser in which somebody is signed in.</summary>
    public async Task<string> CodeAsync(HttpClient browser, params (string Name, string Value)[] more)
    {
        var answer = await Answer.ReadAsync(await browser.GetAsync(RequestUrl(more)));
        return CodeOf(answer.Location) ?? throw new InvalidOperationException($"No code: {answer}");
    }

    /// <summary>The code, if this is an answer to the client; null when it leads to a page of ours.</summary>
    public string? CodeOf(Uri? location) =>
        location is { IsAbsoluteUri: true } && location.OriginalString.StartsWith(redirectUri, StringComparison.Ordinal)
        && QueryHelpers.ParseQuery(location.Query).TryGetValue("code", out var code) ? code.ToString() : null;

    public Task<Answer> RedeemAsync(HttpClient http, string code) => TokenAsync(
        http, ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", redirectUri), ("code_verifier", Verifier));

    public Task<Answer> RefreshAsync(HttpClient http, string refreshToken) =>
        TokenAsync(http, ("grant_type", "refresh_token"), ("refresh_token", refreshToken));

    public Task<Answer> ClientCredentialsAsync(HttpClient http) => TokenAsync(http, ("grant_type", "client_credentials"), ("scope", "api.read"));

    public async Task<Answer> TokenAsync(HttpClient http, params (string Name, string Value)[] fields) => await Answer.ReadAsync(
        await http.PostAsync("/connect/token", [("client_id", id), .. secret is null ? [] : new[] { ("client_secret", secret) }, .. fields]));

    /// <summary>The whole code flow in such a browser.</summary>
    public async Task<Answer> TokensAsync(HttpClient browser) => (await RedeemAsync(browser, await CodeAsync(browser))).Succeeds();

    public static async Task<Answer> UserInfoAsync(HttpClient http, string accessToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/connect/userinfo")
        {
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", accessToken) },
        };
        return await Answer.ReadAsync(await http.SendAsync(request));
    }

    /// <summary>As the API for which the tokens are.</summary>
    public static async Task<Answer> IntrospectAsync(HttpClient http, string token) => await Answer.ReadAsync(
        await http.PostAsync("/connect/introspect", ("client_id", "api"), ("client_secret", "api-secret"), ("token", token)));

    public static async Task<bool> IsActiveAsync(HttpClient http, string token) =>
        (await IntrospectAsync(http, token)).Succeeds().Json.GetProperty("active").GetBoolean();

    /// <summary>The ids of the published keys.</summary>
    public static async Task<IReadOnlyList<string>> PublishedKeysAsync(HttpClient http)
    {
        var answer = await Answer.ReadAsync(await http.GetAsync("/.well-known/openid-configuration/jwks"));
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        return [.. answer.Json.GetProperty("keys").EnumerateArray().Select(key => key.GetProperty("kid").GetString()!).Order(StringComparer.Ordinal)];
    }

    public static string KeyOf(string jwt)
    {
        using var header = System.Text.Json.JsonDocument.Parse(Base64Url.DecodeFromChars(jwt.Split('.')[0]));
        return header.RootElement.GetProperty("kid").GetString()!;
    }
}
