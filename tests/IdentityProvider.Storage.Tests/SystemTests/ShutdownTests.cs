using System.Net;
using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

public sealed class ShutdownTests
{
    [Fact]
    [Trait("row", "T20")]
    public async Task On_SIGTERM_readiness_fails_first_requests_are_served_and_those_in_flight_finish()
    {
        await using var installation = (await Installation.CreateAsync()).Connecting("Options=-c lock_timeout=0 -c statement_timeout=0");
        installation.Settings["Seed:Path"] = installation.Seed;
        installation.Settings["Shutdown:Delay"] = "00:00:06";
        installation.Settings["Shutdown:Drain"] = "00:02:00";
        await using var server = await IdpProcess.ServeAsync(installation.Settings);
        using var browser = server.NewClient();
        await browser.SignInAsync();
        var app = App.Spa;
        var tokens = await app.TokensAsync(browser);
        Assert.Equal(HttpStatusCode.OK, (await Answer.ReadAsync(await browser.GetAsync("/health/ready"))).Status);

        await using var holder = await installation.LockAsync("SELECT 1 FROM grants FOR UPDATE");
        var inFlight = app.RefreshAsync(browser, tokens["refresh_token"]);
        await installation.UntilWaitingAsync(1);
        await server.TerminateAsync();

        using var probe = server.NewClient();
        probe.DefaultRequestHeaders.ConnectionClose = true;
        await Eventually.BecomesAsync(
            async () => (await Answer.ReadAsync(await probe.GetAsync("/health/ready"))).Status,
            status => status == HttpStatusCode.ServiceUnavailable,
            "Readiness fails");
        (await App.Machine.ClientCredentialsAsync(probe)).Succeeds();

        // A connection may be refused once it stops listening; what is answered until then is a token.
        await Eventually.BecomesAsync(() => IsRefusedAsync(probe), refused => refused, "The server stops to listen");
        Assert.False(inFlight.IsCompleted);

        await holder.RollbackAsync();
        (await inFlight).Succeeds();
        Assert.Equal(0, await server.ExitAsync());
        await holder.Connection!.DisposeAsync();
    }

    private static async Task<bool> IsRefusedAsync(HttpClient probe)
    {
        try
        {
            (await App.Machine.ClientCredentialsAsync(probe)).Succeeds();
            return false;
        }
        catch (HttpRequestException)
        {
            return true;
        }
    }
}
