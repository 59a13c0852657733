using System.Net;
using IdentityProvider.Protocol.Events;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Endpoints.Token;

/// <summary>What <c>RefreshTokens:OnReuse</c> and <c>RefreshTokens:DeviceBinding</c> change, each on a server of its own.</summary>
public sealed class RefreshTokenSettingTests
{
    private const string Offline = "openid offline_access";
    private const string Home = "Mozilla/5.0 Firefox/140.0";

    [Theory]
    [InlineData("RevokeFamily", true, true)]
    [InlineData("RevokeSession", false, true)]
    [InlineData("RevokeAll", false, false)]
    public async Task OnReuse_says_how_much_ends_with_the_family(string reaction, bool sessionLives, bool restLives)
    {
        var servers = await StartAsync("OnReuse", reaction);
        try
        {
            var (browser, elsewhere) = (servers.Provider.NewBrowser(), servers.Provider.NewBrowser());
            var (reused, beside) = (servers.Client("page"), servers.Client("patient"));
            var first = await reused.SignInAsync(browser, Offline);
            var ofSession = await beside.SignInAsync(browser, Offline);
            var ofAnother = await beside.SignInAsync(elsewhere, Offline);

            var second = (await reused.RefreshAsync(first.RefreshToken)).Succeeds();
            var third = (await reused.RefreshAsync(second.RefreshToken)).Succeeds();
            servers.Provider.Time.Advance(TimeSpan.FromSeconds(31));
            (await reused.RefreshAsync(first.RefreshToken)).Fails("invalid_grant");

            (await reused.RefreshAsync(third.RefreshToken)).Fails("invalid_grant");
            await CheckAsync(servers, browser, ofSession, sessionLives);
            await CheckAsync(servers, elsewhere, ofAnother, restLives);
        }
        finally
        {
            await servers.DisposeAsync();
        }
    }

    [Fact]
    public async Task Without_device_binding_a_public_client_may_be_anywhere_and_nobody_hears_of_it()
    {
        var servers = await StartAsync("DeviceBinding", "Off");
        try
        {
            var first = await servers.Client("page", Home).SignInAsync(servers.Provider.NewBrowser(), Offline);
            var second = (await servers.Client("page", "curl/8.5").RefreshAsync(first.RefreshToken)).Succeeds();
            (await servers.Client("page", Home).RefreshAsync(second.RefreshToken)).Succeeds();

            // A client's own property wins; its event comes after all that there could be of the other one.
            var bound = await servers.Client("bound", Home).SignInAsync(servers.Provider.NewBrowser(), Offline);
            (await servers.Client("bound", "curl/8.5").RefreshAsync(bound.RefreshToken)).Fails("invalid_grant");
            await servers.UntilAsync(() => servers.Events.All.Any(it => it.Type == SecurityEventTypes.RefreshTokenRefusedElsewhere));
            Assert.DoesNotContain(servers.Events.All, it => it.Type == SecurityEventTypes.RefreshTokenMoved);
        }
        finally
        {
            await servers.DisposeAsync();
        }
    }

    [Fact]
    public async Task With_enforced_device_binding_a_public_client_is_refused_elsewhere_and_a_confidential_one_is_not()
    {
        var servers = await StartAsync("DeviceBinding", "Enforce");
        try
        {
            var home = servers.Client("page", Home);
            var first = await home.SignInAsync(servers.Provider.NewBrowser(), Offline);
            (await servers.Client("page", "curl/8.5").RefreshAsync(first.RefreshToken)).Fails("invalid_grant");
            (await home.RefreshAsync(first.RefreshToken)).Succeeds();
            await servers.UntilAsync(() => servers.Events.All.Any(it => it.Type == SecurityEventTypes.RefreshTokenRefusedElsewhere && it.ClientId == "page"));

            var confidential = await servers.Client("rotating", "java/21").SignInAsync(servers.Provider.NewBrowser(), Offline);
            (await servers.Client("rotating", "python/3").RefreshAsync(confidential.RefreshToken)).Succeeds();
        }
        finally
        {
            await servers.DisposeAsync();
        }
    }

    private static async Task<RefreshProvider> StartAsync(string setting, string value)
    {
        var servers = new RefreshProvider();
        await servers.StartAsync(options => options.Settings[$"RefreshTokens:{setting}"] = value);
        return servers;
    }

    /// <summary>Of a session: its family, an access token, and whether it still signs in.</summary>
    private static async Task CheckAsync(RefreshProvider servers, Browser browser, Answer tokens, bool lives)
    {
        var client = servers.Client("patient");
        var request = client.Request("openid", ("prompt", "none"));
        var answer = Callback.Of(await browser.GetAsync(RelyingParty.AuthorizeUrl(request)));
        Assert.Equal(lives ? null : "login_required", answer.Parameters.GetValueOrDefault("error"));
        Assert.Equal(lives ? HttpStatusCode.OK : HttpStatusCode.Unauthorized, (await client.UserInfoAsync(tokens.AccessToken)).Status);
        var refreshed = await client.RefreshAsync(tokens.RefreshToken);
        if (lives)
        {
            refreshed.Succeeds();
        }
        else
        {
            refreshed.Fails("invalid_grant");
        }
    }
}
