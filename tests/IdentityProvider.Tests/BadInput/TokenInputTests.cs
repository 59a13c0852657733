using System.Net;
using System.Text;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.BadInput;

/// <summary>What reaches the endpoints of programs: always JSON of RFC 6749 §5.2, never a 5xx.</summary>
[Collection(ProviderCollection.Name)]
public sealed class TokenInputTests(Provider provider)
{
    private static readonly string[] s_parameters = ["grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope", "resource"];

    public static TheoryData<string> Endpoints => ["/connect/token", "/connect/introspect", "/connect/revocation"];

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task A_body_that_is_no_form_is_invalid_request(string path)
    {
        foreach (var contentType in new[] { "application/json", "text/plain", "application/octet-stream", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded-not" })
        {
            using var content = new ByteArrayContent("""{"grant_type":"client_credentials"}"""u8.ToArray());
            content.Headers.TryAddWithoutValidation("Content-Type", contentType);

            (await SendAsync(path, content)).Fails("invalid_request");
        }

        (await SendAsync(path, content: null)).Fails("invalid_request");
    }

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task A_megabyte_is_refused_as_too_large(string path)
    {
        using var content = new FormUrlEncodedContent([KeyValuePair.Create("token", new string('t', 1 << 20)), KeyValuePair.Create("grant_type", "x")]);

        var answer = await SendAsync(path, content);

        answer.Fails("invalid_request", HttpStatusCode.RequestEntityTooLarge);
    }

    [Theory]
    [MemberData(nameof(Endpoints))]
    public async Task Malformed_percent_encoding_is_an_error_of_the_RFC(string path)
    {
        foreach (var body in new[] { "%", "%zz=%ff&grant_type=%", "grant_type=%c0%80", "a=%e2%82&&==" })
        {
            using var content = new StringContent(body, Encoding.ASCII, "application/x-www-form-urlencoded");

            var answer = await SendAsync(path, content);

            Assert.Equal(HttpStatusCode.BadRequest, answer.Status);
            Assert.NotNull(answer.Error);
        }
    }

    [Fact]
    public async Task NUL_in_a_parameter_is_invalid_request()
    {
        foreach (var name in s_parameters)
        {
            (await provider.Client("web").TokenAsync(("grant_type", "authorization_code"), (name, "a\0b"))).Fails("invalid_request");
        }

        (await provider.Api("api").IntrospectAsync("a\0b")).Fails("invalid_request");
        (await provider.Client("web").RevokeAsync("a\0b")).Fails("invalid_request");
    }

    [Theory]
    [InlineData("client_secret_post", "mach\0ine", "machine-key-of-the-tests", "invalid_request")]
    [InlineData("client_secret_post", "machine\0", "machine-key-of-the-tests", "invalid_request")]
    [InlineData("client_secret_post", "machine", "machine-key-of-the-tests\0", "invalid_request")]
    [InlineData("client_secret_post", "machine", "\0", "invalid_request")]
    [InlineData("none", "spa\0", null, "invalid_request")]
    [InlineData("client_secret_basic", "mach\0ine", "machine-key-of-the-tests", "invalid_client")]
    [InlineData("client_secret_basic", "machine\0", "machine-key-of-the-tests", "invalid_client")]
    [InlineData("client_secret_basic", "machine", "machine-key-of-the-tests\0", "invalid_client")]
    [InlineData("client_secret_basic", "machine", "\0", "invalid_client")]
    public async Task NUL_in_client_credentials_is_an_error_of_the_RFC(string method, string clientId, string? secret, string error)
    {
        var client = new RelyingParty(provider, clientId, secret, redirectUri: null) { AuthMethod = method };
        var status = error == "invalid_client" ? HttpStatusCode.Unauthorized : HttpStatusCode.BadRequest;

        (await client.ClientCredentialsAsync("api.read")).Fails(error, status);
        (await client.IntrospectAsync("token")).Fails(error, status);
        (await client.RevokeAsync("token")).Fails(error, status);
    }

    [Fact]
    public async Task NUL_as_a_byte_of_Basic_credentials_is_invalid_client()
    {
        foreach (var text in new[] { "mach\0ine:machine-key-of-the-tests", "machine:machine-key-of-the-tests\0", "\0:\0" })
        {
            using var content = new FormUrlEncodedContent([KeyValuePair.Create("grant_type", "client_credentials")]);
            (await provider.SendAsync(HttpMethod.Post, "/connect/token", content, ("Authorization", "Basic " + Convert.ToBase64String(Encoding.ASCII.GetBytes(text)))))
                .Fails("invalid_client", HttpStatusCode.Unauthorized);
        }
    }

    [Fact]
    public async Task Emoji_in_a_parameter_is_an_error_of_the_RFC()
    {
        var client = provider.Client("web");

        (await client.TokenAsync(("grant_type", "😀"))).Fails("unsupported_grant_type");
        (await client.TokenAsync(("grant_type", "authorization_code"), ("code", "😀"), ("redirect_uri", "😀"), ("code_verifier", "😀"))).Fails("invalid_grant");
        (await client.RefreshAsync("😀")).Fails("invalid_grant");
        (await client.RefreshAsync("x", ("scope", "😀"), ("resource", "😀"))).Fails("invalid_grant");
        (await provider.Client("machine").ClientCredentialsAsync("😀")).Fails("invalid_scope");
        (await provider.Client("machine").ClientCredentialsAsync("api.read", ("resource", "😀"))).Fails("invalid_target");
        (await new RelyingParty(provider, "😀", "😀", redirectUri: null).ClientCredentialsAsync(null)).Fails("invalid_client", HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Every_parameter_may_be_sent_once()
    {
        foreach (var name in s_parameters.Where(name => name != "resource"))
        {
            using var content = new FormUrlEncodedContent(
            [
                KeyValuePair.Create("client_id", "machine"), KeyValuePair.Create("client_secret", "machine-key-of-the-tests"),
                KeyValuePair.Create("grant_type", "client_credentials"), KeyValuePair.Create(name, "a"), KeyValuePair.Create(name, "b"),
            ]);

            (await provider.SendAsync(HttpMethod.Post, "/connect/token", content)).Fails("invalid_request");
        }

        foreach (var name in new[] { "client_id", "client_secret" })
        {
            using var content = new FormUrlEncodedContent(
            [
                KeyValuePair.Create("client_id", "machine"), KeyValuePair.Create("client_secret", "machine-key-of-the-tests"),
                KeyValuePair.Create("grant_type", "client_credentials"), KeyValuePair.Create(name, name == "client_id" ? "machine" : "machine-key-of-the-tests"),
            ]);

            (await provider.SendAsync(HttpMethod.Post, "/connect/token", content)).Fails("invalid_request");
        }
    }

    [Theory]
    [InlineData("GET", "/connect/token")]
    [InlineData("PUT", "/connect/token")]
    [InlineData("GET", "/connect/introspect")]
    [InlineData("DELETE", "/connect/revocation")]
    [InlineData("PUT", "/connect/userinfo")]
    [InlineData("POST", "/.well-known/openid-configuration")]
    [InlineData("POST", "/.well-known/openid-configuration/jwks")]
    public async Task A_wrong_verb_is_405_and_says_which_are_right(string method, string path)
    {
        var answer = await provider.SendAsync(new HttpMethod(method), path, content: null);

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.Status);
        Assert.False(string.IsNullOrEmpty(answer.Header("Allow")));
    }

    [Fact]
    public async Task Tokens_of_the_other_kind_are_invalid_grant()
    {
        var client = provider.Client("web");
        var callback = await client.AuthorizeAsync(provider.NewBrowser(), "openid offline_access");
        var code = callback.Code;

        (await client.RefreshAsync(code)).Fails("invalid_grant");
        var tokens = (await client.RedeemAsync(callback)).Succeeds();
        foreach (var token in new[] { tokens.AccessToken, tokens.IdToken })
        {
            (await client.RefreshAsync(token)).Fails("invalid_grant");
            (await client.TokenAsync(("grant_type", "authorization_code"), ("code", token[..200]), ("redirect_uri", callback.Target))).Fails("invalid_grant");
        }

        (await client.TokenAsync(("grant_type", "authorization_code"), ("code", tokens.RefreshToken), ("redirect_uri", callback.Target))).Fails("invalid_grant");
        (await client.RefreshAsync(tokens.RefreshToken)).Succeeds();
    }

    [Fact]
    public async Task A_refresh_token_with_one_character_changed_is_invalid_grant_and_changes_nothing()
    {
        var client = provider.Client("spa");
        var token = (await client.SignInAsync(provider.NewBrowser(), "openid offline_access")).RefreshToken;
        foreach (var position in new[] { 0, 10, 22, 30, token.Length - 2 })
        {
            var changed = token[..position] + (token[position] == 'A' ? 'B' : 'A') + token[(position + 1)..];

            (await client.RefreshAsync(changed)).Fails("invalid_grant");
        }

        (await client.RefreshAsync(token)).Succeeds();
    }

    [Theory]
    [InlineData("Authorization: Bearer \u00e9\u00ff")]
    [InlineData("Authorization: Basic \ud83d\ude00")]
    [InlineData("Authorization: Bearer a\r\nAuthorization: Bearer b")]
    public async Task A_header_that_is_no_credential_is_never_a_5xx(string header)
    {
        foreach (var (method, path) in new[] { ("GET", "/connect/userinfo"), ("POST", "/connect/token"), ("POST", "/connect/introspect") })
        {
            var answer = await RawHttp.SendAsync(
                provider.Issuer,
                $"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{header}\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\nConnection: close\r\n\r\na=b");

            Assert.InRange(int.Parse(answer.Split(' ')[1]), 400, 499);
        }
    }

    private Task<Answer> SendAsync(string path, HttpContent? content) => provider.SendAsync(
        HttpMethod.Post, path, content, ("Authorization", RelyingParty.Basic("machine", "machine-key-of-the-tests").ToString()));
}
