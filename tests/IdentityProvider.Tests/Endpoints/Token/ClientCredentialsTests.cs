using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Endpoints.Token;

/// <summary>RFC 6749 §4.4 with access tokens of RFC 9068.</summary>
[Collection(ProviderCollection.Name)]
public sealed class ClientCredentialsTests(Provider provider)
{
    [Fact]
    [Trait("row", "T1")]
    [Trait("row", "T8")]
    public async Task The_access_token_has_the_type_and_the_claims_of_RFC_9068()
    {
        var answer = await provider.Client("machine").ClientCredentialsAsync("api.read api.write");

        FlowChecks.CheckTokenResponse(answer);
        Assert.Equal(("at+jwt", "ES256"), (Header(answer, "typ"), Header(answer, "alg")));
        var keys = await FlowChecks.CheckKeysAsync(provider);
        Assert.Contains(keys.Keys, key => key.Kid == Header(answer, "kid") && key is { Kty: "EC", Crv: "P-256", Alg: "ES256" });
        var claims = Jwt.Claims(answer.AccessToken);
        Assert.Equal(
            ["aud", "client_id", "exp", "iat", "iss", "jti", "scope", "sub"],
            claims.EnumerateObject().Select(claim => claim.Name).Order());
        Assert.Equal(provider.Issuer, claims.GetProperty("iss").GetString());
        Assert.Equal("machine", claims.GetProperty("sub").GetString());
        Assert.Equal("machine", claims.GetProperty("client_id").GetString());
        Assert.Equal("api", claims.GetProperty("aud").GetString());
        Assert.Equal("api.read api.write", claims.GetProperty("scope").GetString());
        Assert.Equal(claims.GetProperty("iat").GetInt64() + 900, claims.GetProperty("exp").GetInt64());
        Assert.Equal(900, answer.Json.GetProperty("expires_in").GetInt64());
    }

    [Fact]
    public async Task Without_a_scope_parameter_a_scope_that_is_switched_off_is_left_out()
    {
        var answer = (await provider.Client("machine-off").ClientCredentialsAsync(scope: null)).Succeeds();

        Assert.Equal("api.read", answer.String("scope"));
        (await provider.Client("machine-off").ClientCredentialsAsync("api.read api.off")).Fails("invalid_scope");
    }

    [Fact]
    public async Task There_is_neither_a_refresh_token_nor_an_ID_token()
    {
        var answer = await provider.Client("machine").ClientCredentialsAsync("api.read offline_access");

        answer.Succeeds();
        Assert.Equal("api.read", answer.String("scope"));
        Assert.False(answer.Has("refresh_token"));
        Assert.False(answer.Has("id_token"));
    }

    [Fact]
    public async Task No_two_tokens_share_a_jti()
    {
        var client = provider.Client("machine");

        var ids = new List<string?>();
        for (var i = 0; i < 4; i++)
        {
            ids.Add(Jwt.Claims((await client.ClientCredentialsAsync("api.read")).AccessToken).GetProperty("jti").GetString());
        }

        Assert.Equal(ids.Count, ids.Distinct().Count());
    }

    [Fact]
    public async Task Without_scope_a_machine_gets_all_its_API_scopes()
    {
        var answer = await provider.Client("machine2").ClientCredentialsAsync(scope: null);

        Assert.Equal("reports.read", answer.Succeeds().String("scope"));
    }

    [Theory]
    [InlineData("openid")]
    [InlineData("api.read openid")]
    [InlineData("profile")]
    [InlineData("unheard.of")]
    [InlineData("API.READ")]
    public async Task A_scope_that_a_machine_may_not_have_is_invalid_scope(string scope) =>
        (await provider.Client("machine").ClientCredentialsAsync(scope)).Fails("invalid_scope");

    [Fact]
    public async Task Unknown_parameters_are_ignored() =>
        (await provider.Client("machine").ClientCredentialsAsync("api.read", ("audience", "x"), ("foo", "bar"))).Succeeds();

    private static string? Header(Answer answer, string name) => Jwt.Header(answer.AccessToken).GetProperty(name).GetString();
}
