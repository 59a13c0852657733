using System.Net;
using IdentityProvider.Testing;
using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

public sealed class DatabaseOutageTests
{
    [Fact]
    public async Task While_PostgreSQL_is_away_everything_that_needs_it_is_503_and_afterwards_all_goes_on()
    {
        await using var cluster = await PostgresCluster.StartAsync();
        await using var installation = Installation.On(cluster.ConnectionString);
        await using var host = await installation.StartAsync();
        var browser = await host.SignInAsync("alice");
        var visitor = host.NewClient();
        using var loginPage = await visitor.GetAsync("/account/login");
        var form = (await loginPage.ReadHtmlAsync()).QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!;
        var (spa, rotating) = (App.Spa, App.Rotating);
        var idle = await spa.TokensAsync(browser);
        var pending = await spa.CodeAsync(browser);
        var tokens = await rotating.TokensAsync(browser);

        await using var load = new Load();
        var refreshToken = tokens["refresh_token"];
        load.Run("refresh", async () =>
        {
            var answer = await rotating.RefreshAsync(host.Http, refreshToken);
            refreshToken = answer.Status == HttpStatusCode.OK ? answer["refresh_token"] : refreshToken;
            return answer;
        });
        load.Run("userinfo", () => App.UserInfoAsync(host.Http, tokens["access_token"]));
        load.Run("introspection", () => App.IntrospectAsync(host.Http, tokens["access_token"]));
        await load.UntilEachAsync(answer => answer.Status == HttpStatusCode.OK);

        await cluster.HaltAsync();
        await load.UntilEachAsync(answer => answer.IsOutage);

        (await spa.RefreshAsync(host.Http, idle["refresh_token"])).IsUnavailable();
        (await spa.RedeemAsync(host.Http, pending)).IsUnavailable();
        (await App.UserInfoAsync(host.Http, idle["access_token"])).IsUnavailable();
        (await App.IntrospectAsync(host.Http, idle["access_token"])).IsUnavailable();
        (await spa.TokenAsync(host.Http, ("grant_type", "authorization_code"), ("code", "unknown"), ("redirect_uri", spa.RedirectUri), ("code_verifier", spa.Verifier)))
            .IsUnavailable();
        (await Answer.ReadAsync(await host.Http.PostAsync("/connect/revocation", ("client_id", "spa"), ("token", idle["refresh_token"])))).IsUnavailable();
        foreach (var page in (string[])["/account", "/account/login", "/account/logout", spa.RequestUrl(), "/connect/endsession"])
        {
            (await Answer.ReadAsync(await browser.GetAsync(page))).IsUnavailablePage();
        }

        (await Answer.ReadAsync(await visitor.PostAsync(
            "/account/login", ("username", "alice"), ("password", "alice"), ("__RequestVerificationToken", form)))).IsUnavailablePage();

        // Clients in memory are believed for ten seconds. What is published goes on even afterwards: it decides nothing.
        await Eventually.BecomesAsync(() => App.Machine.ClientCredentialsAsync(host.Http), answer => answer.IsOutage, "Clients in memory are no longer believed");
        Assert.Equal(2, (await App.PublishedKeysAsync(host.Http)).Count);
        (await Answer.ReadAsync(await host.Http.GetAsync("/.well-known/openid-configuration"))).Succeeds();
        (await Answer.ReadAsync(await host.Http.GetAsync("/health/live"))).Succeeds();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await Answer.ReadAsync(await host.Http.GetAsync("/health/ready"))).Status);

        load.Forget();
        await cluster.ResumeAsync();
        await load.UntilEachAsync(answer => answer.Status == HttpStatusCode.OK);

        // Neither a code nor a refresh token, used before or in use throughout, has suffered.
        await load.StopAsync();
        (await rotating.RefreshAsync(host.Http, refreshToken)).Succeeds();
        (await spa.RefreshAsync(host.Http, idle["refresh_token"])).Succeeds();
        (await spa.RedeemAsync(host.Http, pending)).Succeeds();
        (await Answer.ReadAsync(await browser.GetAsync("/account"))).Succeeds();
        (await App.Machine.ClientCredentialsAsync(host.Http)).Succeeds();
        Assert.Equal(HttpStatusCode.OK, (await Answer.ReadAsync(await host.Http.GetAsync("/health/ready"))).Status);
        Assert.All(load.Seen, answer => Assert.True(answer.Status == HttpStatusCode.OK || answer.IsOutage, answer.ToString()));
    }

    [Fact]
    public async Task An_exhausted_pool_is_503_until_connections_are_free_again()
    {
        await using var installation = (await Installation.CreateAsync())
            .Connecting("Maximum Pool Size=2;Timeout=2;Options=-c lock_timeout=0 -c statement_timeout=0;Command Timeout=0");
        await using var host = await installation.StartAsync();
        var browser = await host.SignInAsync("alice");
        var app = App.Spa;
        var (first, second, third) = (await app.TokensAsync(browser), await app.TokensAsync(browser), await app.TokensAsync(browser));

        await using var holder = await installation.LockAsync("SELECT 1 FROM grants FOR UPDATE");
        var waiting = new[] { app.RefreshAsync(host.Http, first["refresh_token"]), app.RefreshAsync(host.Http, second["refresh_token"]) };
        await installation.UntilWaitingAsync(2);
        (await app.RefreshAsync(host.Http, third["refresh_token"])).IsUnavailable();
        (await App.UserInfoAsync(host.Http, third["access_token"])).IsUnavailable();
        (await Answer.ReadAsync(await browser.GetAsync("/account"))).IsUnavailablePage();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await Answer.ReadAsync(await host.Http.GetAsync("/health/ready"))).Status);

        await holder.RollbackAsync();
        Assert.All(await Task.WhenAll(waiting), answer => answer.Succeeds());
        (await app.RefreshAsync(host.Http, third["refresh_token"])).Succeeds();
        (await App.UserInfoAsync(host.Http, third["access_token"])).Succeeds();
        await holder.Connection!.DisposeAsync();
    }
}
