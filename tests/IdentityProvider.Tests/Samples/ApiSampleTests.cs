using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Tests.Samples;

public sealed class ApiSampleTests(ApiSampleTests.Fixture fixture) : IClassFixture<ApiSampleTests.Fixture>
{
    private const int AccessTokenLifetime = 900;

    private const string Seed = """
        {
          "ApiScopes": [{ "Name": "reports.read" }],
          "ApiResources": [{ "Name": "reports", "Scopes": ["reports.read"] }],
          "Clients": [
            {
              "ClientId": "reporter", "ClientSecrets": [{ "Plaintext": "reporter-secret" }],
              "AllowedGrantTypes": ["client_credentials"], "AllowedScopes": ["reports.read"]
            },
            {
              "ClientId": "api", "ClientSecrets": [{ "Plaintext": "api-client-secret" }], "AllowedGrantTypes": ["authorization_code"],
              "RedirectUris": ["https://api.example/callback"], "AllowedScopes": ["openid", "api.read"]
            }
          ]
        }
        """;

    [Fact]
    public async Task A_token_with_the_scope_is_accepted()
    {
        var token = await MachineTokenAsync(fixture.Host, "machine", "api.read");

        Assert.Equal((HttpStatusCode.OK, "\"Notes of machine\""), await fixture.Api.GetNotesAsync(token));
    }

    [Fact]
    public async Task No_token_is_401_and_a_token_without_the_scope_is_403()
    {
        Assert.Equal(HttpStatusCode.Unauthorized, (await fixture.Api.GetNotesAsync(token: null)).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await fixture.Api.GetNotesAsync(await MachineTokenAsync(fixture.Host, "machine", "api.write"))).Status);
    }

    [Fact]
    [Trait("row", "T9")]
    public async Task A_token_for_another_api_is_refused()
    {
        var token = await MachineTokenAsync(fixture.Host, "reporter", "reports.read");

        Assert.Equal(HttpStatusCode.Unauthorized, (await fixture.Api.GetNotesAsync(token)).Status);
    }

    [Fact]
    [Trait("row", "T9")]
    public async Task An_id_token_is_refused_even_if_its_audience_is_called_like_the_api()
    {
        var (accessToken, idToken) = await SignInAsync(fixture.Host);

        Assert.Equal(HttpStatusCode.OK, (await fixture.Api.GetNotesAsync(accessToken)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await fixture.Api.GetNotesAsync(idToken)).Status);
    }

    [Theory]
    [Trait("row", "T10")]
    [InlineData(10, HttpStatusCode.OK)]
    [InlineData(40, HttpStatusCode.Unauthorized)]
    public async Task A_token_is_accepted_for_30_seconds_after_its_end(int secondsAgo, HttpStatusCode expected)
    {
        await using var host = await StartAsync(new ClockBehind(TimeSpan.FromSeconds(AccessTokenLifetime + secondsAgo)));
        await using var api = await RunningApi.StartAsync(host.Issuer);
        await api.GetNotesAsync(await MachineTokenAsync(host, "machine", "api.read")); // the API fetches the keys before the seconds count

        var token = await MachineTokenAsync(host, "machine", "api.read");

        Assert.Equal(expected, (await api.GetNotesAsync(token)).Status);
    }

    [Theory]
    [InlineData("#region docs/clients.md")]
    [InlineData("#region docs/clients.md, step-up")]
    public void The_documentation_quotes_the_sample(string start)
    {
        var source = File.ReadAllLines(Path.Combine(Repository.Root, "tests", "IdentityProvider.Tests", "Samples", "ApiSample.cs"));
        var region = source
            .SkipWhile(line => line.Trim() != start)
            .Skip(1)
            .TakeWhile(line => !line.Contains("#endregion", StringComparison.Ordinal))
            .ToArray();
        var indent = region[0].Length - region[0].TrimStart().Length;
        var snippet = string.Join('\n', region.Select(line => line.Length == 0 ? "" : line[indent..]));

        var docs = File.ReadAllText(Path.Combine(Repository.Root, "docs", "clients.md")).ReplaceLineEndings("\n");

        Assert.Contains($"```csharp\n{snippet}\n```", docs, StringComparison.Ordinal);
    }

    private static Task<TestHost> StartAsync(TimeProvider time) => TestHost.StartAsync(options =>
    {
        options.ExtraSeed = Seed;
        options.Configure = builder => builder.Services.AddSingleton(time);
    });

    private static async Task<string> MachineTokenAsync(TestHost host, string clientId, string scope)
    {
        using var response = await host.Http.PostAsync(
            "/connect/token", ("grant_type", "client_credentials"), ("client_id", clientId), ("client_secret", $"{clientId}-secret"), ("scope", scope));
        return (await response.ReadJsonAsync()).GetProperty("access_token").GetString()!;
    }

    /// <summary>The code flow of the client that is called like the API.</summary>
    private static async Task<(string AccessToken, string IdToken)> SignInAsync(TestHost host)
    {
        const string RedirectUri = "https://api.example/callback";
        var verifier = WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(32));
        var browser = await host.SignInAsync("alice");
        using var redirect = await browser.GetAsync(QueryHelpers.AddQueryString("/connect/authorize", new Dictionary<string, string?>
        {
            ["response_type"] = "code",
            ["client_id"] = "api",
            ["redirect_uri"] = RedirectUri,
            ["scope"] = "openid api.read",
            ["code_challenge"] = WebEncoders.Base64UrlEncode(SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(verifier))),
            ["code_challenge_method"] = "S256",
        }));
        var code = QueryHelpers.ParseQuery(redirect.Headers.Location!.Query)["code"].ToString();
        using var response = await host.Http.PostAsync(
            "/connect/token",
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", RedirectUri), ("code_verifier", verifier),
            ("client_id", "api"), ("client_secret", "api-client-secret"));
        var tokens = await response.ReadJsonAsync();
        return (tokens.GetProperty("access_token").GetString()!, tokens.GetProperty("id_token").GetString()!);
    }

    /// <summary>One server and one API for the tests that need no clock of their own.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        public TestHost Host { get; private set; } = null!;

        internal RunningApi Api { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Host = await StartAsync(TimeProvider.System);
            Api = await RunningApi.StartAsync(Host.Issuer);
        }

        public async Task DisposeAsync()
        {
            await Api.DisposeAsync();
            await Host.DisposeAsync();
        }
    }

    private sealed class ClockBehind(TimeSpan lag) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() - lag;
    }

    internal sealed class RunningApi(WebApplication app) : IAsyncDisposable
    {
        private readonly HttpClient _http = new() { BaseAddress = new Uri(app.Urls.Single()) };

        public static async Task<RunningApi> StartAsync(string issuer)
        {
            var app = ApiSample.Create([$"--Authority={issuer}", "--environment=Development", "--urls=http://127.0.0.1:0", "--Logging:LogLevel:Default=None"]);
            await app.StartAsync();
            return new RunningApi(app);
        }

        public async Task<(HttpStatusCode Status, string Body)> GetNotesAsync(string? token)
        {
            using var response = await SendAsync(HttpMethod.Get, token);
            return (response.StatusCode, await response.Content.ReadAsStringAsync());
        }

        public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string? token)
        {
            using var request = new HttpRequestMessage(method, "/notes");
            request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
            return await _http.SendAsync(request);
        }

        public async ValueTask DisposeAsync()
        {
            _http.Dispose();
            await app.StopAsync();
            await app.DisposeAsync();
        }
    }
}
