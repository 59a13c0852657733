using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.SampleHost;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Tests.Hosting;

/// <summary>A host of one's own, over the library: <c>tests/IdentityProvider.SampleHost</c>.</summary>
public sealed class SampleHostTests : IAsyncLifetime
{
    private TestHost _host = null!;

    public async Task InitializeAsync() => _host = await TestHost.StartAsync(options =>
    {
        options.ApplicationName = typeof(Customizations).Assembly.GetName().Name!;
        options.Configure = Customizations.Configure;
    });

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task A_host_brings_its_own_clients()
    {
        await using var host = await TestHost.StartAsync(
            options => options.Configure = builder => builder.Services.AddSingleton<IClientSource, OwnClients>());

        using var preflight = new HttpRequestMessage(HttpMethod.Options, "/connect/token");
        preflight.Headers.Add("Origin", OwnClients.Origin);
        preflight.Headers.Add("Access-Control-Request-Method", "POST");
        using var answer = await host.Http.SendAsync(preflight);
        Assert.Equal(OwnClients.Origin, Assert.Single(answer.Headers.GetValues("Access-Control-Allow-Origin")));

        // Those of the database are not asked.
        using var refused = await host.Http.PostAsync("/connect/token", ("client_id", "machine"), ("client_secret", "machine-secret"), ("grant_type", "client_credentials"));
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task A_host_adds_a_claim()
    {
        var browser = await _host.SignInAsync("alice");
        var verifier = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        using var answer = await browser.GetAsync(QueryHelpers.AddQueryString("/connect/authorize", new Dictionary<string, string?>
        {
            ["client_id"] = "web",
            ["redirect_uri"] = "https://web.example/callback",
            ["response_type"] = "code",
            ["scope"] = "openid profile",
            ["code_challenge"] = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))),
            ["code_challenge_method"] = "S256",
        }));
        var code = QueryHelpers.ParseQuery(answer.Headers.Location!.Query)["code"].ToString();

        using var tokens = await _host.Http.PostAsync(
            "/connect/token",
            ("client_id", "web"), ("client_secret", "web-secret"), ("grant_type", "authorization_code"),
            ("code", code), ("redirect_uri", "https://web.example/callback"), ("code_verifier", verifier));
        var accessToken = (await tokens.ReadJsonAsync()).GetProperty("access_token").GetString();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/connect/userinfo")
        {
            Headers = { Authorization = new AuthenticationHeaderValue("Bearer", accessToken) },
        };
        using var userInfo = await _host.Http.SendAsync(request);

        Assert.Equal("S-0005", (await userInfo.ReadJsonAsync()).GetProperty("staff_number").GetString());
    }

    [Fact]
    public async Task A_host_replaces_a_page_by_its_path_and_uses_our_model_and_layout()
    {
        using var response = await _host.Http.GetAsync("/account/logged-out");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var page = await response.ReadHtmlAsync();
        Assert.Equal("Goodbye from the sample", page.QuerySelector("#sample-goodbye")?.TextContent);
        Assert.Contains("form-action 'self'", response.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_replaces_the_mail_sender()
    {
        var folder = Directory.CreateTempSubdirectory("idp-mail-");
        try
        {
            await using var host = await TestHost.StartAsync(options =>
            {
                options.Configure = Customizations.Configure;
                options.Settings["MailFolder"] = folder.FullName;
            });

            await host.Services.GetRequiredService<IMailSender>().SendAsync(new MailMessage("alice@example.com", "Hello", "Text"), CancellationToken.None);

            Assert.Equal("Hello\n\nText", await File.ReadAllTextAsync(Path.Combine(folder.FullName, "alice@example.com.txt")));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private sealed class OwnClients : IClientSource
    {
        public const string Origin = "https://own.example";

        public ValueTask<Client?> FindAsync(string clientId, CancellationToken cancellationToken) => ValueTask.FromResult<Client?>(null);

        public ValueTask<bool> AllowsOriginAsync(string origin, CancellationToken cancellationToken) => ValueTask.FromResult(origin == Origin);
    }
}
