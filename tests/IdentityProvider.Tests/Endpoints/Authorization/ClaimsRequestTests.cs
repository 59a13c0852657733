using System.Text.Json;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Endpoints.Authorization;

/// <summary>OpenID Connect Core §5.5, and what else decides which claims go where.</summary>
[Collection(ProviderCollection.Name)]
public sealed class ClaimsRequestTests(Provider provider)
{
    [Theory]
    [InlineData("""{"id_token":{"acr":{"essential":true,"value":"2"}}}""")]
    [InlineData("""{"id_token":{"acr":{"essential":true,"values":["2","phr"]}}}""")]
    public async Task An_essential_acr_that_was_not_reached_is_unmet_authentication_requirements(string claims)
    {
        var request = provider.Client("web").Request(changes: ("claims", claims));

        var page = await provider.NewBrowser().CompleteAsync(RelyingParty.AuthorizeUrl(request));

        FlowChecks.CheckError(provider, request, Callback.Of(page), "unmet_authentication_requirements");
    }

    [Theory]
    [InlineData("claims", """{"id_token":{"acr":{"essential":true,"values":["2","1"]}}}""")]
    [InlineData("claims", """{"id_token":{"acr":{"value":"2"}}}""")]
    [InlineData("claims", """{"id_token":{"acr":null}}""")]
    [InlineData("acr_values", "2 phr")]
    public async Task A_voluntary_or_reached_acr_yields_the_achieved_one(string parameter, string value)
    {
        var tokens = await provider.Client("web").SignInAsync(provider.NewBrowser(), "openid", (parameter, value));

        var claims = Jwt.Claims(tokens.IdToken);
        Assert.Equal("1", claims.GetProperty("acr").GetString());
        Assert.Equal(["pwd"], Jwt.Strings(claims, "amr"));
    }

    [Fact]
    public async Task A_claim_may_be_requested_into_the_ID_token_without_its_scope()
    {
        var tokens = await provider.Client("web").SignInAsync(
            provider.NewBrowser(), "openid", ("claims", """{"id_token":{"email":null,"given_name":{"essential":true},"unheard_of":null}}"""));

        var claims = await FlowChecks.CheckIdTokenAsync(provider, tokens.IdToken, "web", Nonce(tokens), tokens.AccessToken, scopeClaims: true);
        Assert.Equal("alice@people.example", claims.GetProperty("email").GetString());
        Assert.Equal("Alice", claims.GetProperty("given_name").GetString());
        Assert.False(claims.TryGetProperty("family_name", out _));
        Assert.False(claims.TryGetProperty("unheard_of", out _));
    }

    [Fact]
    public async Task A_client_cannot_request_claims_beyond_its_scopes()
    {
        var client = provider.Client("web2");
        var tokens = await client.SignInAsync(
            provider.NewBrowser(), "openid", ("claims", """{"userinfo":{"phone_number":{"essential":true},"name":null},"id_token":{"address":null}}"""));

        var userInfo = (await client.UserInfoAsync(tokens.AccessToken)).Json;
        Assert.Equal(["name", "sub"], userInfo.EnumerateObject().Select(claim => claim.Name).Order());
        Assert.False(Jwt.Claims(tokens.IdToken).TryGetProperty("address", out _));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"openid\"")]
    [InlineData("{")]
    [InlineData("""{"userinfo":[]}""")]
    [InlineData("""{"id_token":["acr"]}""")]
    [InlineData("""{"id_token":"acr"}""")]
    public async Task A_claims_parameter_of_the_wrong_form_is_invalid_request(string claims)
    {
        var request = provider.Client("web").Request(changes: ("claims", claims));

        var page = await provider.NewBrowser().GetAsync(RelyingParty.AuthorizeUrl(request));

        FlowChecks.CheckError(provider, request, Callback.Of(page), "invalid_request");
    }

    [Fact]
    public async Task A_client_gets_the_algorithms_and_the_eager_claims_that_it_is_registered_for()
    {
        var tokens = await provider.Client("eager").SignInAsync(provider.NewBrowser(), "openid email");

        var claims = await FlowChecks.CheckIdTokenAsync(provider, tokens.IdToken, "eager", Nonce(tokens), tokens.AccessToken, "ES256", scopeClaims: true);
        Assert.Equal("alice@people.example", claims.GetProperty("email").GetString());
        Assert.Equal("RS256", Jwt.Header(tokens.AccessToken).GetProperty("alg").GetString());
    }

    [Fact]
    public async Task Claims_of_an_API_scope_go_into_the_access_token_and_no_others()
    {
        var tokens = await provider.Client("web").SignInAsync(provider.NewBrowser(), "openid profile email api.read");

        var claims = Jwt.Claims(tokens.AccessToken);
        Assert.Equal(["admin"], Jwt.Strings(claims, "role"));
        Assert.False(claims.TryGetProperty("email", out _));
        Assert.False(claims.TryGetProperty("name", out _));
        Assert.Equal(JsonValueKind.Number, claims.GetProperty("auth_time").ValueKind);
    }

    private static string? Nonce(Answer tokens) => Jwt.Claims(tokens.IdToken).GetProperty("nonce").GetString();
}
