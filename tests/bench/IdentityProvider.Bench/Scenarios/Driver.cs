using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IdentityProvider.Bench.Load;
using IdentityProvider.Bench.Targets;

namespace IdentityProvider.Bench.Scenarios;

/// <summary>What a client gets from the token endpoint.</summary>
internal sealed record Tokens(string AccessToken, string? RefreshToken, string? IdToken);

/// <summary>The requests that clients send; each checks its reply.</summary>
internal sealed class Driver(Target target, Http http)
{
    public Target Target { get; } = target;

    public Browser NewBrowser() => new(http);

    public async Task GetJsonAsync(Uri url, string expectedMember)
    {
        var reply = (await http.GetAsync(url)).Expect(HttpStatusCode.OK, url.AbsolutePath);
        Require(reply.Body.AsSpan().IndexOf(Encoding.ASCII.GetBytes($"\"{expectedMember}\"")) >= 0, url.AbsolutePath, reply);
    }

    public async Task<Tokens> ClientCredentialsAsync(ApiDescription api) => await TokenAsync(
        Cast.Machine,
        ("grant_type", "client_credentials"),
        ("scope", api.Scope),
        ("resource", api.Name));

    /// <summary>The whole code flow: authorization request, sign-in if the browser has no session, and redemption.</summary>
    public async Task<Tokens> CodeFlowAsync(Browser browser, string person, string scope, ApiDescription? api, string client = Cast.WebClient)
    {
        var verifier = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var request = new StringBuilder($"{Target.Authorization}?client_id={client}&response_type=code&code_challenge_method=S256")
            .Append("&redirect_uri=").Append(Uri.EscapeDataString(Cast.RedirectUri))
            .Append("&code_challenge=").Append(Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))))
            .Append("&scope=").Append(Uri.EscapeDataString(scope))
            .Append("&state=state");
        if (scope.Contains("openid", StringComparison.Ordinal))
        {
            request.Append("&nonce=nonce");
        }

        if (api is not null)
        {
            request.Append("&resource=").Append(Uri.EscapeDataString(api.Name));
        }

        var code = await browser.AuthorizeAsync(new Uri(request.ToString()), Cast.RedirectUri, person, Cast.Password);
        return await TokenAsync(
            Cast.Basic(client),
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", Cast.RedirectUri),
            ("code_verifier", verifier));
    }

    public async Task<Tokens> RefreshAsync(string refreshToken) => await TokenAsync(
        Cast.Basic(Cast.OfflineClient),
        ("grant_type", "refresh_token"),
        ("refresh_token", refreshToken));

    public async Task IntrospectAsync(string accessToken)
    {
        var reply = (await http.PostAsync(Target.Introspection, [KeyValuePair.Create("token", accessToken)], Cast.Basic(Cast.WebClient))).Expect(HttpStatusCode.OK, "introspection");
        Require(reply.Body.AsSpan().IndexOf("\"active\":true"u8) >= 0, "introspection", reply);
    }

    public async Task UserInfoAsync(string accessToken, string person)
    {
        var reply = (await http.GetAsync(Target.UserInfo, new AuthenticationHeaderValue("Bearer", accessToken))).Expect(HttpStatusCode.OK, "userinfo");
        Require(reply.Body.AsSpan().IndexOf(Encoding.ASCII.GetBytes($"\"email\":\"{person}@example.test\"")) >= 0, "userinfo", reply);
    }

    private async Task<Tokens> TokenAsync(AuthenticationHeaderValue client, params IEnumerable<(string Name, string Value)> form)
    {
        var reply = (await http.PostAsync(Target.Token, form.Select(field => KeyValuePair.Create(field.Name, field.Value)), client))
            .Expect(HttpStatusCode.OK, "token");
        using var document = JsonDocument.Parse(reply.Body);
        var root = document.RootElement;
        string? Member(string name) => root.TryGetProperty(name, out var value) ? value.GetString() : null;
        return new Tokens(Member("access_token")!, Member("refresh_token"), Member("id_token"));
    }

    private static void Require(bool condition, string what, Reply reply)
    {
        if (!condition)
        {
            throw new UnexpectedReplyException($"{what}: unexpected content: {reply.Text}");
        }
    }
}
