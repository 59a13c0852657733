using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

public sealed class TelemetryTests
{
    private const string DatabasePassword = "database-password-in-the-connection-string";
    private const string State = "state-of-the-app-in-the-query";

    [Fact]
    public async Task Spans_and_metrics_reach_a_collector_and_hold_nothing_that_was_sent_or_given()
    {
        await using var collector = await Collector.StartAsync();
        await using var installation = (await Installation.CreateAsync()).Connecting($"Password={DatabasePassword}");
        installation.Settings["Seed:Path"] = installation.Seed;
        await using var server = await IdpProcess.ServeAsync(
            installation.Settings, "Production", ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.Address), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"));
        using var browser = server.NewClient();
        await browser.SignInAsync();
        var app = App.Web;
        var code = await app.CodeAsync(browser, ("state", State));
        var tokens = (await app.RedeemAsync(server.Http, code)).Succeeds();
        var refreshed = (await app.RefreshAsync(server.Http, tokens["refresh_token"])).Succeeds();
        (await App.UserInfoAsync(server.Http, tokens["access_token"])).Succeeds();
        Assert.True(await App.IsActiveAsync(server.Http, tokens["access_token"]));
        using (await browser.GetAsync($"/connect/endsession?id_token_hint={tokens["id_token"]}"))
        {
        }

        // What is left is sent on the way out.
        await server.TerminateAsync();
        Assert.Equal(0, await server.ExitAsync());

        var traces = collector.Received("traces");
        foreach (var expected in (string[])["POST /connect/token", "http.route", "http.response.status_code", "oauth.client_id", "oauth.grant_type", "refresh_token", "authorize", "userinfo", "introspect", "service.name"])
        {
            Assert.Contains(expected, traces, StringComparison.Ordinal);
        }

        var metrics = collector.Received("metrics");
        foreach (var expected in (string[])["idp.token.requests", "idp.refresh_token.verdicts", "http.server.request.duration"])
        {
            Assert.Contains(expected, metrics, StringComparison.Ordinal);
        }

        string[] secrets =
        [
            DatabasePassword, State, app.Verifier, app.Nonce, code, "web-secret", tokens["access_token"], tokens["id_token"], tokens["refresh_token"],
            refreshed["access_token"],
        ];
        Assert.All(
            secrets.SelectMany(secret => secret.Split('.')).Where(part => part.Length > 7),
            part => Assert.DoesNotContain(part, traces + metrics, StringComparison.Ordinal));
    }
}
