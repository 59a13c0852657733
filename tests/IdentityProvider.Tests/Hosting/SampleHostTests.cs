using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.SampleHost;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Tests.Hosting;

/// <summary>A host of one's own, over the library: <c>tests/IdentityProvider.SampleHost</c>.</summary>
public sealed class SampleHostTests : IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("idp-sample-");
    private TestHost _host = null!;

    public async Task InitializeAsync() => _host = await StartAsync();

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public async Task A_host_reads_its_clients_from_elsewhere()
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "robot.client"), Convert.ToBase64String(SHA256.HashData("robot-secret"u8)));
        await using var host = await StartAsync(("ClientFolder", _folder.FullName));

        using var robot = await TokenAsync(host, "robot", "robot-secret");
        Assert.Equal(HttpStatusCode.OK, robot.StatusCode);
        foreach (var (id, secret) in new[] { ("robot", "wrong"), ("./robot", "robot-secret"), ("machine", "machine-secret") })
        {
            using var refused = await TokenAsync(host, id, secret);
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        }
    }

    [Fact]
    public async Task A_host_knows_the_passwords_of_the_system_that_came_before()
    {
        var hash = Rfc2898DeriveBytes.Pbkdf2("from before", "salt"u8, 1000, HashAlgorithmName.SHA256, 32);
        await using (var scope = _host.Services.CreateAsyncScope())
        {
            var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
            var alice = (await users.FindByNameAsync("alice"))!;
            alice.PasswordHash = $"legacy$1000$salt${Convert.ToHexString(hash)}";
            Assert.True((await users.UpdateAsync(alice)).Succeeded);
        }

        await _host.SignInAsync("alice", "from before");
        using var refused = await _host.NewClient().PostFormAsync("/account/login", new() { ["username"] = "alice", ["password"] = "alice" });
        Assert.NotEqual(HttpStatusCode.SeeOther, refused.StatusCode);

        await using var later = _host.Services.CreateAsyncScope();
        var replaced = await later.ServiceProvider.GetRequiredService<UserManager<User>>().FindByNameAsync("alice");
        Assert.StartsWith("$argon2id$", replaced!.PasswordHash, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.0.0.0/8", 60)]
    [InlineData("127.0.0.0/8", 900)]
    public async Task A_host_shortens_lifetimes_by_its_own_rule(string office, int expected)
    {
        await using var host = await StartAsync(("OfficeNetwork", office));

        using var answer = await TokenAsync(host, "machine", "machine-secret");

        Assert.Equal(expected, (await answer.ReadJsonAsync()).GetProperty("expires_in").GetInt32());
    }

    [Fact]
    public async Task A_host_hears_of_security_events()
    {
        var file = Path.Combine(_folder.FullName, "events");
        await using (var host = await StartAsync(("EventFile", file)))
        {
            await host.SignInAsync("alice");
        }

        Assert.Contains(" login_success", await File.ReadAllTextAsync(file), StringComparison.Ordinal);
    }

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
    public async Task A_token_of_a_hosts_own_client_is_over_while_its_source_says_that_it_is_disabled()
    {
        var robot = new Robot();
        await using var host = await TestHost.StartAsync(
            options => options.Configure = builder => builder.Services.AddSingleton<IClientSource>(robot));
        using var answer = await TokenAsync(host, "robot", "robot-secret");
        var token = (await answer.ReadJsonAsync()).GetProperty("access_token").GetString()!;

        foreach (var enabled in (bool[])[true, false, true])
        {
            robot.Enabled = enabled;
            using var introspection = await host.Http.PostAsync("/connect/introspect", ("client_id", "api"), ("client_secret", "api-secret"), ("token", token));
            Assert.Equal(enabled, (await introspection.ReadJsonAsync()).GetProperty("active").GetBoolean());
        }
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
        await using var host = await StartAsync(("MailFolder", _folder.FullName));

        await host.Services.GetRequiredService<IMailSender>().SendAsync(new MailMessage("alice@example.com", "Hello", "Text"), CancellationToken.None);

        Assert.Equal("Hello\n\nText", await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "alice@example.com.txt")));
    }

    private static Task<TestHost> StartAsync(params (string Key, string Value)[] settings) => TestHost.StartAsync(options =>
    {
        options.ApplicationName = typeof(Customizations).Assembly.GetName().Name!;
        options.Configure = Customizations.Configure;
        foreach (var (key, value) in settings)
        {
            options.Settings[key] = value;
        }
    });

    private static Task<HttpResponseMessage> TokenAsync(TestHost host, string clientId, string secret) => host.Http.PostAsync(
        "/connect/token", ("client_id", clientId), ("client_secret", secret), ("grant_type", "client_credentials"), ("scope", "api.read"));

    private sealed class Robot : IClientSource
    {
        public bool Enabled { get; set; } = true;

        public ValueTask<Client?> FindAsync(string clientId, CancellationToken cancellationToken) => ValueTask.FromResult(clientId != "robot" ? null : new Client
        {
            ClientId = clientId,
            Enabled = Enabled,
            AllowedGrantTypes = ["client_credentials"],
            AllowedScopes = ["api.read"],
            ClientSecrets = [new ClientSecret { Value = Convert.ToBase64String(SHA256.HashData("robot-secret"u8)) }],
        });

        public ValueTask<bool> AllowsOriginAsync(string origin, CancellationToken cancellationToken) => ValueTask.FromResult(false);
    }

    private sealed class OwnClients : IClientSource
    {
        public const string Origin = "https://own.example";

        public ValueTask<Client?> FindAsync(string clientId, CancellationToken cancellationToken) => ValueTask.FromResult<Client?>(null);

        public ValueTask<bool> AllowsOriginAsync(string origin, CancellationToken cancellationToken) => ValueTask.FromResult(origin == Origin);
    }
}
