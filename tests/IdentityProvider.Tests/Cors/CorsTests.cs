using System.Net;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Cors;

/// <summary>Which origins may read what.</summary>
[Collection(ProviderCollection.Name)]
[Trait("row", "S6")]
public sealed class CorsTests(Provider provider)
{
    private const string Spa = "https://spa.example";

    [Theory]
    [InlineData(Spa, Spa)]
    [InlineData("https://evil.example", null)]
    [InlineData("https://spa.example.evil.example", null)]
    [InlineData("http://spa.example", null)]
    [InlineData("null", null)]
    public async Task Token_userinfo_and_revocation_answer_the_origins_of_the_client(string origin, string? allowed)
    {
        var client = provider.Client("spa");
        var tokens = await client.SignInAsync(provider.NewBrowser());
        var form = new Dictionary<string, string> { ["client_id"] = "spa", ["token"] = "x", ["grant_type"] = "refresh_token", ["refresh_token"] = "x" };

        foreach (var answer in new[]
        {
            await provider.SendAsync(HttpMethod.Post, "/connect/token", new FormUrlEncodedContent(form), ("Origin", origin)),
            await provider.SendAsync(HttpMethod.Post, "/connect/revocation", new FormUrlEncodedContent(form), ("Origin", origin)),
            await provider.GetAsync("/connect/userinfo", ("Origin", origin), ("Authorization", "Bearer " + tokens.AccessToken)),
        })
        {
            Assert.Equal(allowed, answer.Header("Access-Control-Allow-Origin"));
            Assert.Equal("Origin", answer.Header("Vary"));
            Assert.Null(answer.Header("Access-Control-Allow-Credentials"));
        }
    }

    [Fact]
    public async Task What_another_client_lists_is_taken_back_once_the_client_is_known()
    {
        var form = new Dictionary<string, string> { ["grant_type"] = "client_credentials", ["scope"] = "api.read", ["client_id"] = "machine", ["client_secret"] = provider.Client("machine").Secret! };

        var answer = await provider.SendAsync(HttpMethod.Post, "/connect/token", new FormUrlEncodedContent(form), ("Origin", Spa));

        Assert.Equal((HttpStatusCode.OK, null, "Origin"), (answer.Status, answer.Header("Access-Control-Allow-Origin"), answer.Header("Vary")));
        Assert.Null(answer.Header("Access-Control-Expose-Headers"));
    }

    [Theory]
    [InlineData(Spa, Spa)]
    [InlineData("https://evil.example", null)]
    public async Task An_app_may_read_that_its_access_token_is_over(string origin, string? allowed)
    {
        var answer = await provider.GetAsync("/connect/userinfo", ("Origin", origin), ("Authorization", "Bearer expired"));

        Assert.Equal((HttpStatusCode.Unauthorized, allowed), (answer.Status, answer.Header("Access-Control-Allow-Origin")));
        Assert.Equal(allowed is null ? null : "WWW-Authenticate, Retry-After", answer.Header("Access-Control-Expose-Headers"));
        Assert.Equal("Origin", answer.Header("Vary"));
    }

    [Theory]
    [InlineData(Spa, Spa)]
    [InlineData("https://evil.example", null)]
    public async Task An_app_may_read_that_its_client_is_refused(string origin, string? allowed)
    {
        foreach (var path in new[] { "/connect/token", "/connect/revocation" })
        {
            var unknown = await provider.SendAsync(
                HttpMethod.Post, path, new FormUrlEncodedContent(new Dictionary<string, string> { ["client_id"] = "gone", ["token"] = "x" }), ("Origin", origin));
            Assert.Equal((HttpStatusCode.Unauthorized, allowed), (unknown.Status, unknown.Header("Access-Control-Allow-Origin")));
            Assert.Equal("Origin", unknown.Header("Vary"));
        }

        var challenged = await provider.GetAsync("/connect/userinfo", ("Origin", origin));
        Assert.Equal((HttpStatusCode.Unauthorized, allowed), (challenged.Status, challenged.Header("Access-Control-Allow-Origin")));
    }

    [Fact]
    public async Task A_client_without_origins_is_not_read_from_an_origin_of_another_client()
    {
        var tokens = await provider.Client("web").SignInAsync(provider.NewBrowser());

        var answer = await provider.GetAsync("/connect/userinfo", ("Origin", Spa), ("Authorization", "Bearer " + tokens.AccessToken));

        Assert.Equal((HttpStatusCode.OK, null), (answer.Status, answer.Header("Access-Control-Allow-Origin")));
    }

    [Theory]
    [InlineData("/connect/token")]
    [InlineData("/connect/userinfo")]
    [InlineData("/connect/revocation")]
    public async Task A_preflight_passes_for_an_origin_that_a_client_lists(string path)
    {
        var allowed = await PreflightAsync(path, Spa);
        var refused = await PreflightAsync(path, "https://evil.example");

        Assert.Equal((HttpStatusCode.NoContent, Spa), (allowed.Status, allowed.Header("Access-Control-Allow-Origin")));
        Assert.Contains("POST", allowed.Header("Access-Control-Allow-Methods"), StringComparison.Ordinal);
        Assert.Contains("Authorization", allowed.Header("Access-Control-Allow-Headers"), StringComparison.Ordinal);
        Assert.Null(refused.Header("Access-Control-Allow-Origin"));
    }

    [Theory]
    [InlineData("/connect/authorize")]
    [InlineData("/connect/endsession")]
    [InlineData("/connect/introspect")]
    [InlineData("/account/login")]
    public async Task Scripts_of_other_origins_never_read_the_rest(string path)
    {
        Assert.Null((await PreflightAsync(path, Spa)).Header("Access-Control-Allow-Origin"));
        Assert.Null((await provider.GetAsync(path, ("Origin", Spa))).Header("Access-Control-Allow-Origin"));
    }

    private Task<Answer> PreflightAsync(string path, string origin) => provider.SendAsync(
        HttpMethod.Options, path, content: null, ("Origin", origin), ("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "authorization"));
}
