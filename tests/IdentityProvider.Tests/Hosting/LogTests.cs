using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Xunit;

namespace IdentityProvider.Tests.Hosting;

public sealed class LogTests
{
    [Fact]
    public async Task Each_request_is_one_line_with_method_path_status_time_and_trace()
    {
        await using var host = await TestHost.StartAsync();

        using var response = await host.Http.GetAsync("/.well-known/openid-configuration?client_id=x");

        var line = Assert.Single(await LinesAsync(host, "/.well-known/openid-configuration"));
        using var json = JsonDocument.Parse(line);
        var properties = json.RootElement.GetProperty("Properties");
        Assert.Equal("GET", properties.GetProperty("Method").GetString());
        Assert.Equal("/.well-known/openid-configuration", properties.GetProperty("Path").GetString());
        Assert.Equal(200, properties.GetProperty("Status").GetInt32());
        Assert.Equal(32, properties.GetProperty("TraceId").GetString()!.Length);
        Assert.True(properties.GetProperty("Elapsed").GetDouble() >= 0);
    }

    [Fact]
    public async Task A_line_break_in_a_path_stays_one_line()
    {
        await using var host = await TestHost.StartAsync();

        using var response = await host.Http.GetAsync("/a%0D%0Ab");

        var line = Assert.Single(await LinesAsync(host, "/a%0D%0Ab"));
        Assert.DoesNotContain("\\n", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_line_has_a_secret_a_password_a_token_a_code_or_a_query()
    {
        await using var host = await TestHost.StartAsync(options => options.ExtraSeed =
            """{"Users": [{"Username": "carol", "Password": "Password-Of-Carol"}]}""");
        var secrets = new List<string> { "Password-Of-Carol", "web-secret", "machine-secret", "state-of-the-client", "wrong-secret-sent", "verifier-verifier-verifier-verifier-verifier-verifier" };

        using var machine = await host.Http.PostAsync("/connect/token", ("grant_type", "client_credentials"), ("client_id", "machine"), ("client_secret", "machine-secret"));
        secrets.Add((await machine.ReadJsonAsync()).GetProperty("access_token").GetString()!);
        using var wrong = await host.Http.PostAsync("/connect/token", ("grant_type", "client_credentials"), ("client_id", "machine"), ("client_secret", "wrong-secret-sent"));

        var browser = await host.SignInAsync("carol", "Password-Of-Carol");
        const string Verifier = "verifier-verifier-verifier-verifier-verifier-verifier";
        var challenge = System.Buffers.Text.Base64Url.EncodeToString(System.Security.Cryptography.SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));
        using var authorized = await browser.GetAsync(
            "/connect/authorize?response_type=code&client_id=web&redirect_uri=https%3A%2F%2Fweb.example%2Fcallback&scope=openid%20offline_access"
            + $"&state=state-of-the-client&code_challenge={challenge}&code_challenge_method=S256");
        var code = System.Web.HttpUtility.ParseQueryString(authorized.Headers.Location!.Query)["code"]!;
        secrets.AddRange([code, challenge]);

        using var request = new HttpRequestMessage(HttpMethod.Post, "/connect/token")
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["grant_type"] = "authorization_code",
                ["code"] = code,
                ["redirect_uri"] = "https://web.example/callback",
                ["code_verifier"] = Verifier,
            }),
        };
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("web:web-secret"u8));
        using var tokens = await host.Http.SendAsync(request);
        var issued = await tokens.ReadJsonAsync();
        secrets.AddRange(((string[])["access_token", "id_token", "refresh_token"]).Select(name => issued.GetProperty(name).GetString()!));
        using var replayed = await host.Http.PostAsync("/connect/token", ("grant_type", "refresh_token"), ("refresh_token", secrets[^1] + "x"), ("client_id", "web"), ("client_secret", "web-secret"));
        using var userinfo = await host.Http.GetAsync($"/connect/userinfo?access_token={secrets[^3]}");
        using var logout = await host.Http.GetAsync($"/connect/endsession?id_token_hint={secrets[^2]}");
        using var refused = await host.NewClient().PostFormAsync("/account/login", new() { ["username"] = "carol", ["password"] = "wrong-secret-sent" });

        Assert.NotEmpty(await LinesAsync(host, "/connect/endsession"));
        foreach (var secret in secrets)
        {
            Assert.DoesNotContain(host.Log.Lines, line => line.Contains(secret, StringComparison.OrdinalIgnoreCase));
            var hint = secret.Length > 40 ? secret[^40..] : secret;
            Assert.DoesNotContain(host.Log.Lines, line => line.Contains(hint, StringComparison.Ordinal));
        }
    }

    /// <summary>The line is written after the response, so it may be a moment away.</summary>
    private static async Task<IReadOnlyList<string>> LinesAsync(TestHost host, string path)
    {
        for (var attempt = 0; ; attempt++)
        {
            var lines = host.Log.Lines.Where(line => line.Contains($"\"Path\":\"{path}\"", StringComparison.Ordinal)).ToArray();
            if (lines.Length > 0 || attempt == 200)
            {
                return lines;
            }

            await Task.Delay(10);
        }
    }
}
