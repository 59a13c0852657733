using System.Net;
using System.Text.Json;
using IdentityProvider.Testing;
using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

public sealed class LogTests
{
    private const string Password = "correct horse battery staple";
    private const string WrongPassword = "tr0ub4dor and 3 more";
    private const string DatabasePassword = "database-password-in-the-connection-string";

    [Fact]
    public async Task No_line_of_Productions_log_holds_a_secret_a_token_a_code_or_a_query()
    {
        await using var installation = (await Installation.CreateAsync()).Connecting($"Password={DatabasePassword}");
        await File.WriteAllTextAsync(
            Path.Combine(installation.Seed, "3.json"), $$"""{ "Users": [{ "Username": "carol", "Password": "{{Password}}" }] }""");
        installation.Settings["Seed:Path"] = installation.Seed;
        await using var server = await IdpProcess.ServeAsync(installation.Settings);
        using var browser = server.NewClient();
        var app = App.Spa;
        List<string> secrets =
        [
            Password, WrongPassword, DatabasePassword, installation.Settings["MasterKey"], app.Verifier, app.Nonce,
            "web-secret", "rotating-secret", "machine-secret", "api-secret", "wrong-secret", "state-of-the-app",
        ];

        var wait = await Answer.ReadAsync(await browser.GetAsync(app.RequestUrl(("state", "state-of-the-app"))));
        secrets.Add(wait.Location!.OriginalString.Split('=')[1]);
        using (await browser.PostFormAsync(wait.Location.OriginalString, new() { ["username"] = "carol", ["password"] = WrongPassword }))
        {
        }

        using (var signedIn = await browser.PostFormAsync(wait.Location.OriginalString, new() { ["username"] = "carol", ["password"] = Password }))
        {
            Assert.Equal(HttpStatusCode.SeeOther, signedIn.StatusCode);
            secrets.AddRange(signedIn.Headers.GetValues("Set-Cookie").Select(cookie => cookie.Split('=', ';')[1]).Where(value => value.Length > 8));
        }

        var code = await app.CodeAsync(browser);
        var tokens = (await app.RedeemAsync(browser, code)).Succeeds();
        var next = (await app.RefreshAsync(browser, tokens["refresh_token"])).Succeeds();
        var machine = (await App.Machine.ClientCredentialsAsync(browser)).Succeeds();
        secrets.AddRange([code, tokens["access_token"], tokens["refresh_token"], tokens["id_token"], next["access_token"], next["refresh_token"], machine["access_token"]]);
        (await App.UserInfoAsync(browser, next["access_token"])).Succeeds();
        (await App.IntrospectAsync(browser, next["access_token"])).Succeeds();

        await FailAsync(installation, browser, app, code, tokens);
        using (await browser.PostFormAsync("/account/logout", []))
        {
        }

        using (await browser.GetAsync($"/connect/endsession?id_token_hint={tokens["id_token"]}&state=state-of-the-app"))
        {
        }

        await server.TerminateAsync();
        Assert.Equal(0, await server.ExitAsync());

        var lines = server.Lines;
        Assert.NotEmpty(lines);
        Assert.All(secrets, secret => Assert.True(secret.Length > 7, secret));
        foreach (var line in lines)
        {
            // Tokens are also looked for by their parts: whoever logs the signature only has logged too much.
            Assert.All(
                secrets.SelectMany(secret => secret.Split('.')).Where(part => part.Length > 7),
                part => Assert.DoesNotContain(part, Uri.UnescapeDataString(line), StringComparison.Ordinal));
            Assert.DoesNotContain("?", line, StringComparison.Ordinal);
            Assert.DoesNotContain("code_challenge", line, StringComparison.Ordinal);
            using var json = JsonDocument.Parse(line);
            Assert.True(json.RootElement.TryGetProperty("RenderedMessage", out _), line);
        }

        foreach (var path in (string[])["/connect/authorize", "/account/login", "/connect/token", "/connect/userinfo", "/connect/introspect", "/connect/revocation", "/connect/endsession"])
        {
            Assert.Contains(lines, line => line.Contains($"\"Path\":\"{path}\"", StringComparison.Ordinal));
        }

        Assert.Contains(lines, line => line.Contains("The database is unavailable", StringComparison.Ordinal));
    }

    [Fact]
    public async Task In_Development_the_log_is_lines_for_people()
    {
        var directory = Directory.CreateTempSubdirectory("idp-log-");
        await using (var server = await IdpProcess.ServeAsync(
            new Dictionary<string, string>
            {
                ["Issuer"] = "http://localhost:5000",
                ["ConnectionStrings:Database"] = $"Data Source={Path.Combine(directory.FullName, "idp.db")}",
                ["Keys:Directory"] = Path.Combine(directory.FullName, "keys"),
                ["Argon2:MemoryKiB"] = "8",
                ["Shutdown:Delay"] = "00:00:00",
            },
            "Development"))
        {
            using (await server.Http.GetAsync("/connect/userinfo"))
            {
            }

            await server.TerminateAsync();
            Assert.Equal(0, await server.ExitAsync());
            Assert.Matches(
                "^[0-9]{2}:[0-9]{2}:[0-9]{2} INF GET /connect/userinfo 401 ",
                Assert.Single(server.Output, line => line.Contains("/connect/userinfo", StringComparison.Ordinal)));
            Assert.DoesNotContain(server.Lines, line => line.StartsWith('{'));
        }

        directory.Delete(recursive: true);
    }

    /// <summary>What goes wrong is where secrets are logged.</summary>
    private static async Task FailAsync(Installation installation, HttpClient http, App app, string code, Answer tokens)
    {
        (await app.RedeemAsync(http, "unknown" + code)).Fails(HttpStatusCode.BadRequest, "invalid_grant");
        (await app.RedeemAsync(http, code)).Fails(HttpStatusCode.BadRequest, "invalid_grant");
        (await app.RefreshAsync(http, tokens["refresh_token"] + "x")).Fails(HttpStatusCode.BadRequest, "invalid_grant");
        (await new App("web", "wrong-secret", "").ClientCredentialsAsync(http)).Fails(HttpStatusCode.Unauthorized, "invalid_client");
        Assert.Equal(HttpStatusCode.Unauthorized, (await App.UserInfoAsync(http, tokens["access_token"] + "x")).Status);
        using (await http.GetAsync("/connect/authorize?client_id=nobody&state=state-of-the-app"))
        {
        }

        using (await http.GetAsync(app.RequestUrl(("state", "state-of-the-app"), ("prompt", "none"), ("id_token_hint", tokens["id_token"] + "x"))))
        {
        }

        using (await http.GetAsync($"/connect/token?code={code}"))
        {
        }

        using (await http.GetAsync($"/account/nothing-here?code={code}"))
        {
        }

        using (await http.PostAsync("/connect/token", new StringContent($"{{\"code\":\"{code}\"}}", System.Text.Encoding.UTF8, "application/json")))
        {
        }

        await using var holder = await installation.LockAsync("SELECT 1 FROM grants FOR UPDATE");
        var parked = await app.RefreshAsync(http, tokens["refresh_token"]);
        parked.IsUnavailable();
        await holder.RollbackAsync();
        await holder.Connection!.DisposeAsync();
        using (await http.PostAsync("/connect/revocation", ("client_id", "spa"), ("token", tokens["refresh_token"])))
        {
        }
    }
}
