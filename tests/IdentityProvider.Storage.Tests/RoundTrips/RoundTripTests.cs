using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using IdentityProvider.Storage.Tests.SystemTests;
using IdentityProvider.Testing;
using Microsoft.AspNetCore.WebUtilities;
using Xunit;

namespace IdentityProvider.Storage.Tests.RoundTrips;

/// <summary>Database round trips of whole requests, counted at the wire.</summary>
public sealed class RoundTripTests(RoundTripFixture fixture) : IClassFixture<RoundTripFixture>
{
    // RFC 7636 appendix B.
    private const string Verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    private const string Challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    [Theory]
    [InlineData("/.well-known/openid-configuration")]
    [InlineData("/.well-known/oauth-authorization-server")]
    [InlineData("/.well-known/openid-configuration/jwks")]
    public async Task Metadata_and_keys_need_none(string path) =>
        Assert.All(await fixture.CountAsync(() => GetAsync(path)), count => Assert.Equal(0, count));

    [Fact]
    public async Task Client_credentials_with_a_JWT_need_none() => Assert.All(
        await fixture.CountAsync(() => TokenAsync("machine", ("grant_type", "client_credentials"), ("scope", "api.read"))),
        count => Assert.Equal(0, count));

    [Fact]
    public async Task A_code_is_redeemed_in_one()
    {
        using var browser = await fixture.Host.SignInAsync("alice");
        Assert.All(await fixture.CountAsync(() => AuthorizeAsync(browser), RedeemAsync), count => Assert.Equal(1, count));
    }

    [Fact]
    public async Task A_refresh_token_is_rotated_in_one()
    {
        using var browser = await fixture.Host.SignInAsync("alice");
        var counts = await fixture.CountAsync(
            async () => await RedeemAsync(await AuthorizeAsync(browser, "spa")),
            async tokens =>
            {
                var successor = await RefreshAsync(tokens);
                Assert.NotEqual(Text(tokens, "refresh_token"), Text(successor, "refresh_token"));
            });
        Assert.All(counts, count => Assert.Equal(1, count));
    }

    [Fact]
    public async Task A_retry_of_a_rotation_needs_two()
    {
        using var browser = await fixture.Host.SignInAsync("alice");
        var counts = await fixture.CountAsync(
            async () =>
            {
                var tokens = await RedeemAsync(await AuthorizeAsync(browser, "spa"));
                return (Tokens: tokens, Successor: await RefreshAsync(tokens));
            },
            async rotated => Assert.Equal(Text(rotated.Successor, "refresh_token"), Text(await RefreshAsync(rotated.Tokens), "refresh_token")));
        Assert.All(counts, count => Assert.Equal(2, count));
    }

    [Fact]
    public async Task Introspection_needs_one()
    {
        using var browser = await fixture.Host.SignInAsync("alice");
        var counts = await fixture.CountAsync(
            async () => Text(await RedeemAsync(await AuthorizeAsync(browser)), "access_token"),
            async token => Assert.True((await PostAsync("/connect/introspect", "web", ("token", token))).GetProperty("active").GetBoolean()));
        Assert.All(counts, count => Assert.Equal(1, count));
    }

    [Fact]
    public async Task Userinfo_needs_one()
    {
        using var browser = await fixture.Host.SignInAsync("alice");
        var counts = await fixture.CountAsync(
            async () => Text(await RedeemAsync(await AuthorizeAsync(browser)), "access_token"),
            async token =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, "/connect/userinfo");
                request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
                using var response = await fixture.Host.Http.SendAsync(request);
                Assert.Equal("alice@example.com", Text(await response.ReadJsonAsync(), "email"));
            });
        Assert.All(counts, count => Assert.Equal(1, count));
    }

    [Theory]
    [InlineData("UPDATE grants SET revoked_at = clock_timestamp() WHERE revoked_at IS NULL")]
    [InlineData("UPDATE sessions SET ended_at = clock_timestamp() WHERE ended_at IS NULL")]
    public async Task A_token_whose_grant_or_session_has_ended_is_refused_in_one(string end)
    {
        using var browser = await fixture.Host.SignInAsync("alice");
        var token = (await App.Spa.TokensAsync(browser))["access_token"];
        Assert.True(await App.IsActiveAsync(browser, token));
        (await App.UserInfoAsync(browser, token)).Succeeds();

        // Not by a request: what it tells the background would be counted here.
        await fixture.ExecuteAsync(end);

        var introspections = await fixture.CountAsync(async () => Assert.False(await App.IsActiveAsync(fixture.Host.Http, token)));
        var userInfos = await fixture.CountAsync(
            async () => (await App.UserInfoAsync(fixture.Host.Http, token)).Fails(HttpStatusCode.Unauthorized, "invalid_token"));
        Assert.All([.. introspections, .. userInfos], count => Assert.Equal(1, count));
    }

    [Theory]
    [InlineData("web")]
    [InlineData("spa")]
    public async Task Authorize_with_a_live_session_needs_at_most_two(string client)
    {
        using var browser = await fixture.Host.SignInAsync("alice");

        Assert.All(await fixture.CountAsync(() => AuthorizeAsync(browser, client)), count => Assert.InRange(count, 1, 2));
    }

    private async Task GetAsync(string path)
    {
        using var response = await fixture.Host.Http.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private static async Task<(string Client, string Code)> AuthorizeAsync(HttpClient browser, string client = "web")
    {
        var scope = client == "web" ? "openid profile email offline_access" : "openid profile offline_access";
        using var response = await browser.GetAsync(QueryHelpers.AddQueryString("/connect/authorize", new Dictionary<string, string?>
        {
            ["client_id"] = client,
            ["response_type"] = "code",
            ["redirect_uri"] = RedirectUri(client),
            ["scope"] = scope,
            ["nonce"] = "nonce",
            ["code_challenge"] = Challenge,
            ["code_challenge_method"] = "S256",
        }));
        Assert.StartsWith(RedirectUri(client), response.Headers.Location!.AbsoluteUri, StringComparison.Ordinal);
        return (client, QueryHelpers.ParseQuery(response.Headers.Location!.Query)["code"].ToString());
    }

    private Task<JsonElement> RedeemAsync((string Client, string Code) granted) => TokenAsync(
        granted.Client,
        ("grant_type", "authorization_code"), ("code", granted.Code), ("redirect_uri", RedirectUri(granted.Client)), ("code_verifier", Verifier));

    private Task<JsonElement> RefreshAsync(JsonElement tokens) =>
        TokenAsync("spa", ("grant_type", "refresh_token"), ("refresh_token", Text(tokens, "refresh_token")));

    private async Task<JsonElement> TokenAsync(string client, params (string Name, string Value)[] form)
    {
        var tokens = await PostAsync("/connect/token", client, form);
        Assert.NotEmpty(Text(tokens, "access_token"));
        return tokens;
    }

    private async Task<JsonElement> PostAsync(string path, string client, params (string Name, string Value)[] form)
    {
        var isPublic = client == "spa";
        using var request = new HttpRequestMessage(HttpMethod.Post, path);
        request.Content = new FormUrlEncodedContent(form
            .Concat(isPublic ? [("client_id", client)] : Array.Empty<(string, string)>())
            .Select(field => KeyValuePair.Create(field.Item1, field.Item2)));
        request.Headers.Authorization = isPublic
            ? null
            : new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{client}:{client}-secret")));
        using var response = await fixture.Host.Http.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.ReadJsonAsync();
    }

    private static string RedirectUri(string client) => $"https://{client}.example/callback";

    private static string Text(JsonElement json, string member) => json.GetProperty(member).GetString()!;
}
