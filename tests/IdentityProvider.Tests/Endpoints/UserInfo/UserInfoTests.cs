using System.Net;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Endpoints.UserInfo;

/// <summary>OpenID Connect Core §5.3, RFC 6750.</summary>
[Collection(ProviderCollection.Name)]
public sealed class UserInfoTests(Provider provider)
{
    private const string Path = "/connect/userinfo";

    [Fact]
    public async Task Without_a_token_there_is_a_bare_challenge()
    {
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post })
        {
            var answer = await provider.SendAsync(method, Path, content: null);

            Assert.Equal(HttpStatusCode.Unauthorized, answer.Status);
            Assert.Equal("Bearer", answer.Header("WWW-Authenticate"));
            Assert.Empty(answer.Text);
        }
    }

    [Theory]
    [InlineData("Bearer nonsense")]
    [InlineData("bearer a.b.c")]
    public async Task A_bad_token_is_invalid_token(string header) =>
        IsRefused(await provider.GetAsync(Path, ("Authorization", header)), HttpStatusCode.Unauthorized, "invalid_token");

    [Theory]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    public async Task The_scheme_without_a_token_is_invalid_request(string header) =>
        IsRefused(await provider.GetAsync(Path, ("Authorization", header)), HttpStatusCode.BadRequest, "invalid_request");

    [Theory]
    [InlineData("Basic d2ViOng=")]
    [InlineData("DPoP x")]
    [InlineData("Bearerx y")]
    public async Task Another_scheme_is_challenged_like_no_token_at_all(string header)
    {
        var answer = await provider.GetAsync(Path, ("Authorization", header));

        Assert.Equal((HttpStatusCode.Unauthorized, "Bearer", ""), (answer.Status, answer.Header("WWW-Authenticate"), answer.Text));
    }

    [Fact]
    public async Task Two_tokens_are_invalid_request()
    {
        var token = (await provider.Client("web").SignInAsync(provider.NewBrowser())).AccessToken;

        var answer = await provider.SendAsync(HttpMethod.Post, Path, Form(token), ("Authorization", $"Bearer {token}"));

        IsRefused(answer, HttpStatusCode.BadRequest, "invalid_request");
    }

    [Fact]
    [Trait("row", "T22")]
    public async Task A_token_in_the_query_does_not_count()
    {
        var token = (await provider.Client("web").SignInAsync(provider.NewBrowser())).AccessToken;

        var answer = await provider.GetAsync($"{Path}?access_token={token}");

        Assert.Equal((HttpStatusCode.Unauthorized, "Bearer"), (answer.Status, answer.Header("WWW-Authenticate")));
    }

    [Fact]
    public async Task Tokens_of_other_kinds_are_invalid_token()
    {
        var client = provider.Client("web");
        var tokens = await client.SignInAsync(provider.NewBrowser(), "openid offline_access");
        foreach (var token in new[] { tokens.IdToken, tokens.RefreshToken, Jwt.Unsigned(tokens.AccessToken), Jwt.SignedByStranger(tokens.AccessToken) })
        {
            IsRefused(await client.UserInfoAsync(token), HttpStatusCode.Unauthorized, "invalid_token");
        }
    }

    [Theory]
    [InlineData("web", "api.read")]
    [InlineData("machine", "api.read")]
    public async Task A_token_without_openid_is_insufficient_scope(string clientId, string scope)
    {
        var client = provider.Client(clientId);
        var tokens = clientId == "machine" ? await client.ClientCredentialsAsync(scope) : await client.SignInAsync(provider.NewBrowser(), scope);

        IsRefused(await client.UserInfoAsync(tokens.AccessToken), HttpStatusCode.Forbidden, "insufficient_scope");
    }

    [Fact]
    public async Task An_expired_token_is_invalid_token()
    {
        var client = provider.Client("web");
        var token = (await client.SignInAsync(provider.NewBrowser())).AccessToken;
        provider.Time.Advance(TimeSpan.FromSeconds(899));
        Assert.Equal(HttpStatusCode.OK, (await client.UserInfoAsync(token)).Status);

        provider.Time.Advance(TimeSpan.FromSeconds(1));

        IsRefused(await client.UserInfoAsync(token), HttpStatusCode.Unauthorized, "invalid_token");
    }

    [Fact]
    public async Task A_reference_token_opens_userinfo()
    {
        var client = provider.Client("reference");
        var tokens = await client.SignInAsync(provider.NewBrowser(), "openid profile");

        Assert.DoesNotContain('.', tokens.AccessToken);
        FlowChecks.CheckEntropy(tokens.AccessToken);
        var claims = await FlowChecks.CheckUserInfoAsync(client, tokens.AccessToken, Jwt.Claims(tokens.IdToken).GetProperty("sub").GetString());
        Assert.Equal("alice", claims.GetProperty("preferred_username").GetString());
    }

    [Fact]
    public async Task A_person_who_has_told_little_has_few_claims_and_none_is_empty()
    {
        var client = provider.Client("web");
        var callback = Callback.Of(await provider.NewBrowser().CompleteAsync(
            RelyingParty.AuthorizeUrl(client.Request("openid profile email phone address")), "bob"));
        var tokens = (await client.RedeemAsync(callback)).Succeeds();

        var claims = await FlowChecks.CheckUserInfoAsync(client, tokens.AccessToken, "018f3c1e-7a10-7000-8000-000000000b0b");

        Assert.Equal("bob@people.example", claims.GetProperty("email").GetString());
        Assert.False(claims.GetProperty("email_verified").GetBoolean());
        Assert.False(claims.TryGetProperty("phone_number", out _));
        Assert.False(claims.TryGetProperty("address", out _));
        Assert.False(claims.TryGetProperty("name", out _));
    }

    private static FormUrlEncodedContent Form(string token) => new([KeyValuePair.Create("access_token", token)]);

    /// <summary>RFC 6750 §3.</summary>
    private static void IsRefused(Answer answer, HttpStatusCode status, string error)
    {
        answer.Fails(error, status);
        Assert.Contains($"error=\"{error}\"", answer.Header("WWW-Authenticate"), StringComparison.Ordinal);
    }
}
