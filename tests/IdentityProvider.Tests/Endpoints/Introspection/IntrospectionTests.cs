using System.Net;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Endpoints.Introspection;

/// <summary>RFC 7662.</summary>
[Collection(ProviderCollection.Name)]
public sealed class IntrospectionTests(Provider provider)
{
    private const string Inactive = """{"active":false}""";

    [Theory]
    [InlineData("web")]
    [InlineData("reference")]
    public async Task An_API_sees_the_claims_of_a_token_that_is_for_it(string clientId)
    {
        var tokens = await provider.Client(clientId).SignInAsync(provider.NewBrowser(), "openid api.read");

        var answer = await provider.Api("api").IntrospectAsync(tokens.AccessToken);

        answer.Succeeds();
        Assert.Equal("no-store", answer.Header("Cache-Control"));
        Assert.True(answer.Json.GetProperty("active").GetBoolean());
        Assert.Equal("Bearer", answer.String("token_type"));
        Assert.Equal(provider.Issuer, answer.String("iss"));
        Assert.Equal("api", answer.String("aud"));
        Assert.Equal(clientId, answer.String("client_id"));
        Assert.Equal("openid api.read", answer.String("scope"));
        Assert.Equal(Jwt.Claims(tokens.IdToken).GetProperty("sub").GetString(), answer.String("sub"));
        Assert.Equal(["admin"], Jwt.Strings(answer.Json, "role"));
        Assert.True(answer.Json.GetProperty("exp").GetInt64() > answer.Json.GetProperty("iat").GetInt64());
        Assert.Equal("1", answer.String("acr"));
        Assert.Equal(Jwt.Claims(tokens.IdToken).GetProperty("auth_time").GetInt64(), answer.Json.GetProperty("auth_time").GetInt64());
    }

    [Fact]
    public async Task The_client_that_owns_a_token_sees_it_and_another_client_does_not()
    {
        var token = (await provider.Client("machine").ClientCredentialsAsync("api.read")).AccessToken;

        Assert.True((await provider.Client("machine").IntrospectAsync(token)).Json.GetProperty("active").GetBoolean());
        Assert.Equal(Inactive, (await provider.Client("machine2").IntrospectAsync(token)).Succeeds().Text);
    }

    [Theory]
    [InlineData("machine")]
    [InlineData("reference")]
    public async Task An_API_that_a_token_is_not_for_learns_nothing_but_inactive(string clientId)
    {
        var token = (await provider.Client(clientId).ClientCredentialsAsync("api.read")).AccessToken;

        Assert.Equal(Inactive, (await provider.Api("https://reports.example").IntrospectAsync(token)).Succeeds().Text);
        Assert.True((await provider.Api("api").IntrospectAsync(token)).Json.GetProperty("active").GetBoolean());
    }

    [Fact]
    public async Task An_expired_token_is_inactive()
    {
        var jwt = (await provider.Client("machine").ClientCredentialsAsync("api.read")).AccessToken;
        var reference = (await provider.Client("reference").ClientCredentialsAsync("api.read")).AccessToken;
        provider.Time.Advance(TimeSpan.FromSeconds(900));

        Assert.Equal(Inactive, (await provider.Api("api").IntrospectAsync(jwt)).Succeeds().Text);
        Assert.Equal(Inactive, (await provider.Api("api").IntrospectAsync(reference)).Succeeds().Text);
    }

    [Fact]
    public async Task What_is_no_access_token_is_inactive()
    {
        var client = provider.Client("web");
        var tokens = await client.SignInAsync(provider.NewBrowser(), "openid offline_access api.read");
        var jwt = tokens.AccessToken;
        foreach (var token in new[]
        {
            "nonsense", "a.b.c", "..", tokens.IdToken, tokens.RefreshToken, jwt[..^4] + "AAAA", Jwt.Unsigned(jwt), Jwt.SignedByStranger(jwt),
            Jwt.WithClaim(jwt, "scope", "openid api.read api.write"), jwt + " ", new string('x', 16000), "ü😀",
        })
        {
            Assert.Equal(Inactive, (await provider.Api("api").IntrospectAsync(token)).Succeeds().Text);
        }
    }

    [Theory]
    [InlineData("api", "wrong")]
    [InlineData("closed", "closed-key-of-the-tests")]
    [InlineData("ledger", "")]
    [InlineData("nobody", "x")]
    public async Task A_caller_that_proves_nothing_is_invalid_client(string name, string secret)
    {
        var token = (await provider.Client("machine").ClientCredentialsAsync("api.read")).AccessToken;

        (await new RelyingParty(provider, name, secret, redirectUri: null).IntrospectAsync(token)).Fails("invalid_client", HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_public_client_may_not_introspect_even_its_own_token()
    {
        var client = provider.Client("spa");
        var tokens = await client.SignInAsync(provider.NewBrowser(), "openid api.read");

        (await client.IntrospectAsync(tokens.AccessToken)).Fails("invalid_client", HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task A_request_without_a_token_is_invalid_request() =>
        (await provider.Api("api").PostAsync("/connect/introspect")).Fails("invalid_request");

    [Fact]
    public async Task An_API_may_authenticate_in_the_form()
    {
        var token = (await provider.Client("machine").ClientCredentialsAsync("api.read")).AccessToken;
        var api = new RelyingParty(provider, "api", "api-key-of-the-tests", redirectUri: null) { AuthMethod = "client_secret_post" };

        Assert.True((await api.IntrospectAsync(token)).Json.GetProperty("active").GetBoolean());
    }
}
