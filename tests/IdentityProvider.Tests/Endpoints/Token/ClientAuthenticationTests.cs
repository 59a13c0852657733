using System.Net;
using System.Net.Http.Headers;
using System.Text;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Endpoints.Token;

/// <summary>RFC 6749 §2.3.</summary>
[Collection(ProviderCollection.Name)]
public sealed class ClientAuthenticationTests(Provider provider)
{
    [Theory]
    [InlineData("machine", "client_secret_basic", true)]
    [InlineData("machine", "client_secret_post", true)]
    [InlineData("machine", "none", false)]
    [InlineData("web-basic", "client_secret_basic", true)]
    [InlineData("web-basic", "client_secret_post", false)]
    [InlineData("web-basic", "none", false)]
    public async Task A_client_authenticates_by_the_methods_that_it_may_use(string clientId, string method, bool accepted)
    {
        var client = new RelyingParty(provider, clientId, $"{clientId}-key-of-the-tests", redirectUri: null) { AuthMethod = method };

        var answer = await client.ClientCredentialsAsync("api.read");

        if (accepted)
        {
            answer.Succeeds();
            return;
        }

        answer.Fails("invalid_client", HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("machine", "wrong")]
    [InlineData("machine", "")]
    [InlineData("machine", "MACHINE-KEY-OF-THE-TESTS")]
    [InlineData("nobody", "machine-key-of-the-tests")]
    [InlineData("Machine", "machine-key-of-the-tests")]
    [InlineData("disabled", "disabled-key-of-the-tests")]
    [InlineData("rollover", "rollover-old-key")]
    [InlineData("spa", "a-public-client-has-none")]
    [InlineData("api", "api-key-of-the-tests")]
    public async Task Whoever_cannot_authenticate_is_invalid_client_with_a_challenge(string clientId, string secret)
    {
        var answer = await new RelyingParty(provider, clientId, secret, redirectUri: null).ClientCredentialsAsync("api.read");

        answer.Fails("invalid_client", HttpStatusCode.Unauthorized);
        Assert.StartsWith("Basic ", answer.Header("WWW-Authenticate"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_a_disabled_and_a_wrong_client_cannot_be_told_apart()
    {
        var answers = new[]
        {
            await new RelyingParty(provider, "nobody", "wrong", redirectUri: null).ClientCredentialsAsync(null),
            await new RelyingParty(provider, "disabled", "disabled-key-of-the-tests", redirectUri: null).ClientCredentialsAsync(null),
            await new RelyingParty(provider, "machine", "wrong", redirectUri: null).ClientCredentialsAsync(null),
        };

        Assert.Single(answers.Select(answer => answer.Text).Distinct());
    }

    [Fact]
    public async Task The_log_names_a_client_that_exists_and_failed_and_no_other()
    {
        var before = provider.Host.Log.Lines.Count;
        await new RelyingParty(provider, "nobody-of-this-name", "wrong", redirectUri: null).ClientCredentialsAsync(null);
        await new RelyingParty(provider, "machine", "wrong", redirectUri: null).ClientCredentialsAsync(null);
        await new RelyingParty(provider, "machine", "wrong", redirectUri: null).IntrospectAsync("x");
        await provider.Client("machine").ClientCredentialsAsync("api.read\r\n12:00:00 INF Ready");

        var lines = provider.Host.Log.Lines.Skip(before).ToList();
        bool Has(params string[] words) => lines.Exists(line => words.All(word => line.Contains($"\"{word}\"", StringComparison.Ordinal)));
        Assert.True(Has("token", "invalid_client", "unknown client"));
        Assert.True(Has("token", "invalid_client", "wrong or expired secret", "machine"));
        Assert.True(Has("introspect", "invalid_client", "wrong or expired secret", "machine"));

        Assert.DoesNotContain(lines, line => line.Contains("nobody-of-this-name", StringComparison.Ordinal));
        Assert.True(Has("token", "invalid_scope", "api.read??12:00:00", "machine"));
    }

    [Fact]
    public async Task A_new_secret_works_beside_an_expired_one() =>
        (await new RelyingParty(provider, "rollover", "rollover-new-key", redirectUri: null).ClientCredentialsAsync("api.read")).Succeeds();

    [Theory]
    [InlineData("client_secret_basic")]
    [InlineData("client_secret_post")]
    public async Task Special_characters_in_id_and_secret_survive_their_encoding(string method) =>
        (await new RelyingParty(provider, "odd:client +1%", "p:a+s%s &= ü€", redirectUri: null) { AuthMethod = method }.ClientCredentialsAsync("api.read")).Succeeds();

    [Fact]
    public async Task Two_methods_at_once_are_invalid_request()
    {
        var answer = await provider.Client("machine").ClientCredentialsAsync("api.read", ("client_secret", "machine-key-of-the-tests"));

        answer.Fails("invalid_request");
    }

    [Fact]
    public async Task The_client_id_beside_Basic_must_be_the_same()
    {
        (await provider.Client("machine").ClientCredentialsAsync("api.read", ("client_id", "machine"))).Succeeds();

        (await provider.Client("machine").ClientCredentialsAsync("api.read", ("client_id", "machine2"))).Fails("invalid_client", HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("Basic", "%%%")]
    [InlineData("Basic", "bm8gY29sb24=")]
    [InlineData("Basic", "OnNlY3JldA==")]
    [InlineData("Basic", "")]
    [InlineData("Bearer", "abc")]
    [InlineData("Basic", "bWFjaGluZQAxOnNlY3JldA==")]
    public async Task A_malformed_Authorization_header_is_invalid_client(string scheme, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/connect/token")
        {
            Content = new FormUrlEncodedContent([KeyValuePair.Create("grant_type", "client_credentials")]),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue(scheme, value);

        (await Answer.ReadAsync(await provider.SendAsync(request))).Fails("invalid_client", HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Nobody_at_all_is_invalid_client_without_a_challenge_that_a_browser_would_show()
    {
        var answer = await PostAsync(("grant_type", "client_credentials"));

        answer.Fails("invalid_client", HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("spa", "client_credentials", "unauthorized_client")]
    [InlineData("web", "client_credentials", "unauthorized_client")]
    [InlineData("machine", "authorization_code", "unauthorized_client")]
    [InlineData("machine", "refresh_token", "unauthorized_client")]
    [InlineData("machine", "password", "unsupported_grant_type")]
    [InlineData("machine", "CLIENT_CREDENTIALS", "unsupported_grant_type")]
    [InlineData("machine", null, "invalid_request")]
    public async Task A_client_uses_its_grant_types_only(string clientId, string? grantType, string error) =>
        (await provider.Client(clientId).TokenAsync(("grant_type", grantType), ("username", "alice"), ("password", "alice"))).Fails(error);

    [Fact]
    public async Task Credentials_in_the_query_do_not_count()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/connect/token?client_id=machine&client_secret=machine-key-of-the-tests")
        {
            Content = new StringContent("grant_type=client_credentials", Encoding.ASCII, "application/x-www-form-urlencoded"),
        };

        (await Answer.ReadAsync(await provider.SendAsync(request))).Fails("invalid_client", HttpStatusCode.Unauthorized);
    }

    private async Task<Answer> PostAsync(params (string Name, string Value)[] form)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/connect/token")
        {
            Content = new FormUrlEncodedContent(form.Select(field => KeyValuePair.Create(field.Name, field.Value))),
        };
        return await Answer.ReadAsync(await provider.SendAsync(request));
    }
}
