using System.Net;
using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

public sealed class LongOutageTests
{
    private static readonly TimeSpan _window = TimeSpan.FromSeconds(1);

    [Fact]
    public async Task An_outage_that_outlasts_the_retry_window_loses_nothing_that_a_client_can_prove_to_be_its_own()
    {
        await using var cluster = await PostgresCluster.StartAsync();
        await using var installation = Installation.On(cluster.ConnectionString).Connecting("Options=-c lock_timeout=0 -c statement_timeout=0;Command Timeout=0");
        installation.Settings["Seed:Path"] = installation.Seed;
        installation.Settings["RefreshTokens:RetryWindow"] = _window.ToString();
        await using var killed = await IdpProcess.ServeAsync(installation.Settings);
        await using var server = await IdpProcess.ServeAsync(installation.Settings);
        using var browser = server.NewClient();
        await browser.SignInAsync();
        var (confidential, open) = (App.Rotating, App.Spa);
        var untouched = (await confidential.TokensAsync(browser))["refresh_token"];
        var lost = (await confidential.TokensAsync(browser))["refresh_token"];
        var unproven = (await open.TokensAsync(browser))["refresh_token"];

        // Two rotations commit whose answers nobody ever reads.
        await using (var holder = await installation.LockAsync("SELECT 1 FROM grants FOR UPDATE"))
        {
            Task<Answer>[] unread = [confidential.RefreshAsync(killed.Http, lost), open.RefreshAsync(killed.Http, unproven)];
            await installation.UntilWaitingAsync(2);
            await killed.FreezeAsync();
            await holder.RollbackAsync();
            await holder.Connection!.DisposeAsync();
            await Eventually.BecomesAsync(
                () => installation.ReadAsync<long>("SELECT count(*) FROM grants WHERE generation = 2"), count => count == 2, "Both have rotated");
            await killed.KillAsync();
            foreach (var request in unread)
            {
                await Assert.ThrowsAnyAsync<HttpRequestException>(() => request);
            }
        }

        await cluster.HaltAsync();
        var started = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(started) < 2 * _window)
        {
            foreach (var token in (string[])[untouched, lost])
            {
                (await confidential.RefreshAsync(server.Http, token)).IsUnavailable();
            }

            (await open.RefreshAsync(server.Http, unproven)).IsUnavailable();
        }

        await cluster.ResumeAsync();
        await Eventually.BecomesAsync(() => confidential.RefreshAsync(server.Http, untouched), answer => answer.Status == HttpStatusCode.OK, "It goes on");

        // Client authentication proves that the retry is the client's; without it the person signs in again, and nothing else is revoked.
        var retried = (await confidential.RefreshAsync(server.Http, lost)).Succeeds();
        (await confidential.RefreshAsync(server.Http, retried["refresh_token"])).Succeeds();
        (await open.RefreshAsync(server.Http, unproven)).Fails(HttpStatusCode.BadRequest, "invalid_grant");
        Assert.Equal(0, await installation.ReadAsync<long>("SELECT count(*) FROM grants WHERE revoked_at IS NOT NULL"));
        Assert.True(await App.IsActiveAsync(server.Http, (await open.TokensAsync(browser))["access_token"]));
    }
}
