using System.Net;
using IdentityProvider.Protocol.Events;
using IdentityProvider.Protocol.Tokens;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Endpoints.Token;

/// <summary>Windows per client, device binding, and who hears of what happens to refresh tokens.</summary>
public sealed class RefreshTokenReuseTests(RefreshProvider provider) : IClassFixture<RefreshProvider>
{
    private const string Offline = "openid offline_access";

    [Fact]
    public async Task A_clients_own_retry_window_may_be_longer()
    {
        var client = provider.Client("patient");
        var first = await SignInAsync(client);
        var second = (await client.RefreshAsync(first.RefreshToken)).Succeeds();
        provider.Provider.Time.Advance(TimeSpan.FromSeconds(55));

        Assert.Equal(second.RefreshToken, (await client.RefreshAsync(first.RefreshToken)).Succeeds().RefreshToken);
    }

    [Fact]
    public async Task A_client_without_a_retry_window_has_its_one_late_retry()
    {
        var client = provider.Client("impatient");
        var first = await SignInAsync(client);
        var second = (await client.RefreshAsync(first.RefreshToken)).Succeeds();

        Assert.Equal(second.RefreshToken, (await client.RefreshAsync(first.RefreshToken)).Succeeds().RefreshToken);
        (await client.RefreshAsync(first.RefreshToken)).Fails("invalid_grant");
    }

    [Fact]
    public async Task A_clients_own_lost_response_window_ends_earlier()
    {
        var client = provider.Client("impatient");
        var first = await SignInAsync(client);
        (await client.RefreshAsync(first.RefreshToken)).Succeeds();
        provider.Provider.Time.Advance(TimeSpan.FromSeconds(25));

        (await client.RefreshAsync(first.RefreshToken)).Fails("invalid_grant");
    }

    [Fact]
    [Trait("row", "T7")]
    public async Task By_default_another_user_agent_is_an_event_and_no_refusal()
    {
        var first = await SignInAsync(provider.Client("page", "Mozilla/5.0 Firefox/140.0"));

        var second = (await provider.Client("page", "curl/8.5").RefreshAsync(first.RefreshToken)).Succeeds();
        (await provider.Client("page", "curl/9.0").RefreshAsync(second.RefreshToken)).Succeeds();

        var moved = await OnlyEventAsync(SecurityEventTypes.RefreshTokenMoved, "page");
        Assert.Equal("curl", moved.UserAgent);
        Assert.Equal("127.0.0.0/24", moved.Network);
    }

    [Fact]
    [Trait("row", "T7")]
    public async Task A_confidential_clients_server_may_change()
    {
        var first = await SignInAsync(provider.Client("rotating", "java/21"));

        (await provider.Client("rotating", "python/3").RefreshAsync(first.RefreshToken)).Succeeds();
        (await provider.Client("rotating", "java/21").RefreshAsync(first.RefreshToken)).Succeeds();

        await OnlyEventAsync(SecurityEventTypes.RefreshTokenRetriedElsewhere, "rotating");
        Assert.DoesNotContain(provider.Events.All, it => it.Type == SecurityEventTypes.RefreshTokenMoved && it.ClientId == "rotating");
    }

    [Fact]
    [Trait("row", "T7")]
    public async Task A_client_held_to_the_device_is_refused_elsewhere_and_loses_nothing()
    {
        var home = provider.Client("bound", "Mozilla/5.0 Firefox/140.0");
        var first = await SignInAsync(home);

        (await provider.Client("bound", "curl/8.5").RefreshAsync(first.RefreshToken)).Fails("invalid_grant");

        // Only refresh tokens are held to it.
        Assert.Equal(HttpStatusCode.OK, (await provider.Client("bound", "curl/8.5").UserInfoAsync(first.AccessToken)).Status);
        (await home.RefreshAsync(first.RefreshToken)).Succeeds();
        Assert.Equal("curl", (await OnlyEventAsync(SecurityEventTypes.RefreshTokenRefusedElsewhere, "bound")).UserAgent);
    }

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.250", "203.0.112.7")]
    [InlineData("203.0.113.7", "::ffff:203.0.113.9", "::ffff:203.0.114.7")]
    [InlineData("2001:db8:7:1::1", "2001:db8:7:ffff::9", "2001:db8:8:1::1")]
    [Trait("row", "T7")]
    public async Task The_same_network_is_a_24_or_a_48(string signIn, string neighbour, string stranger)
    {
        var first = await SignInAsync(provider.Client("bound", address: signIn));

        (await provider.Client("bound", address: stranger).RefreshAsync(first.RefreshToken)).Fails("invalid_grant");
        (await provider.Client("bound", address: neighbour).RefreshAsync(first.RefreshToken)).Succeeds();

        var refused = await OnlyEventAsync(SecurityEventTypes.RefreshTokenRefusedElsewhere, "bound");
        Assert.EndsWith(signIn.Contains(':', StringComparison.Ordinal) ? "2001:db8:8::/48" : ".0/24", refused.Network, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("row", "T4")]
    public async Task Reuse_is_an_event_for_operators_and_a_mail_for_the_person_sent_once_however_often_the_mail_system_fails()
    {
        var client = provider.Client("page");
        var first = await SignInAsync(client);
        await client.RefreshAsync((await client.RefreshAsync(first.RefreshToken)).Succeeds().RefreshToken);
        provider.Provider.Time.Advance(TimeSpan.FromSeconds(31));
        provider.Mail.Fail(times: 2);

        (await client.RefreshAsync(first.RefreshToken)).Fails("invalid_grant");
        (await client.RefreshAsync(first.RefreshToken)).Fails("invalid_grant");

        var reused = await OnlyEventAsync(SecurityEventTypes.RefreshTokenReused, "page");
        Assert.True(reused is { Alarming: true, Recorded: true });
        Assert.NotNull(reused.SubjectId);
        await provider.UntilAsync(() => provider.Mail.Sent.Count > 0);
        var mail = Assert.Single(provider.Mail.Sent);
        Assert.Equal(3, provider.Mail.Attempts);
        Assert.Equal("alice@people.example", mail.To);
        Assert.Contains("Page App", mail.Text, StringComparison.Ordinal);
        Assert.Contains("alice", mail.Text, StringComparison.Ordinal);
        Assert.Contains(provider.Provider.Issuer, mail.Text, StringComparison.Ordinal);
        Assert.Contains("UTC", mail.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(first.RefreshToken, mail.Text, StringComparison.Ordinal);
        Assert.Contains(provider.Provider.Host.Log.Lines, line => line.Contains(SecurityEventTypes.RefreshTokenReused, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_code_that_comes_again_and_ends_what_it_gave_is_an_event_once()
    {
        _seen = provider.Events.All.Count;
        var client = provider.Client("page", "curl/8.5");
        var callback = await client.AuthorizeAsync(provider.Provider.NewBrowser(), Offline);
        (await client.RedeemAsync(callback)).Succeeds();

        (await client.RedeemAsync(callback)).Fails("invalid_grant");
        (await client.RedeemAsync(callback)).Fails("invalid_grant");

        var replayed = await OnlyEventAsync(SecurityEventTypes.AuthorizationCodeReplayed, "page");
        Assert.True(replayed is { Alarming: true, Recorded: true, SubjectId: not null, SessionId: not null, GrantId: not null });
        Assert.Equal("curl", replayed.UserAgent);
    }

    [Fact]
    public async Task Retries_and_refusals_worth_knowing_are_events()
    {
        var client = provider.Client("rotating", "java/21");
        var first = await SignInAsync(client);
        var second = (await client.RefreshAsync(first.RefreshToken)).Succeeds();
        (await provider.Client("rotating", "python/3").RefreshAsync(first.RefreshToken)).Succeeds();
        var third = (await client.RefreshAsync(second.RefreshToken)).Succeeds();
        (await client.RefreshAsync(first.RefreshToken)).Fails("invalid_grant");
        provider.Provider.Time.Advance(TimeSpan.FromSeconds(31));
        (await client.RefreshAsync(second.RefreshToken)).Succeeds();
        (await client.RefreshAsync(second.RefreshToken)).Fails("invalid_grant");
        (await client.RefreshAsync(third.RefreshToken)).Succeeds();

        await OnlyEventAsync(SecurityEventTypes.RefreshTokenRetriedElsewhere, "rotating");
        await OnlyEventAsync(SecurityEventTypes.RefreshTokenStale, "rotating");
        await OnlyEventAsync(SecurityEventTypes.RefreshTokenRetriedLate, "rotating");
        await OnlyEventAsync(SecurityEventTypes.RefreshTokenLate, "rotating");
    }

    [Fact]
    [Trait("row", "T16")]
    public async Task A_policy_shortens_lifetimes()
    {
        var client = provider.Client("page", "Mozilla/5.0 Firefox/140.0");
        provider.Limits.Limits = new LifetimeLimits
        {
            AccessToken = TimeSpan.FromMinutes(5),
            IdentityToken = TimeSpan.FromSeconds(2),
            RefreshTokenSliding = TimeSpan.FromHours(1),
            RefreshTokenAbsolute = TimeSpan.FromHours(4),
        };
        try
        {
            var tokens = await SignInAsync(client);
            Assert.Equal(("page", "authorization_code", "Firefox"), (provider.Limits.LastRequest!.Client.ClientId, provider.Limits.LastRequest.GrantType, provider.Limits.LastRequest.UserAgent));
            Assert.Equal(IPAddress.Loopback, provider.Limits.LastRequest.RemoteAddress!.MapToIPv4());
            AssertLifetimes(tokens, accessToken: 300, identityToken: 2);

            // Used each 50 minutes it goes on, but not beyond four hours.
            for (var use = 1; use <= 4; use++)
            {
                provider.Provider.Skip(TimeSpan.FromMinutes(50));
                tokens = (await client.RefreshAsync(tokens.RefreshToken)).Succeeds();
                AssertLifetimes(tokens, accessToken: 300, identityToken: 2);
            }

            provider.Provider.Skip(TimeSpan.FromMinutes(50));
            (await client.RefreshAsync(tokens.RefreshToken)).Fails("invalid_grant");

            var idle = await SignInAsync(client);
            provider.Provider.Skip(TimeSpan.FromMinutes(61));
            (await client.RefreshAsync(idle.RefreshToken)).Fails("invalid_grant");
        }
        finally
        {
            provider.Limits.Limits = LifetimeLimits.None;
        }
    }

    [Fact]
    [Trait("row", "T16")]
    public async Task A_policy_can_lengthen_nothing()
    {
        var client = provider.Client("page");
        var year = TimeSpan.FromDays(365);
        provider.Limits.Limits = new LifetimeLimits { AccessToken = year, IdentityToken = year, RefreshTokenSliding = year, RefreshTokenAbsolute = year };
        try
        {
            var tokens = await SignInAsync(client);
            AssertLifetimes(tokens, accessToken: 900, identityToken: 5);

            // 14 days unused, 30 days at most.
            provider.Provider.Skip(TimeSpan.FromDays(13));
            tokens = (await client.RefreshAsync(tokens.RefreshToken)).Succeeds();
            provider.Provider.Skip(TimeSpan.FromDays(13));
            tokens = (await client.RefreshAsync(tokens.RefreshToken)).Succeeds();
            provider.Provider.Skip(TimeSpan.FromDays(5));
            (await client.RefreshAsync(tokens.RefreshToken)).Fails("invalid_grant");

            var idle = await SignInAsync(client);
            provider.Provider.Skip(TimeSpan.FromDays(15));
            (await client.RefreshAsync(idle.RefreshToken)).Fails("invalid_grant");
        }
        finally
        {
            provider.Limits.Limits = LifetimeLimits.None;
        }
    }

    private static void AssertLifetimes(Answer tokens, long accessToken, long identityToken)
    {
        Assert.Equal(accessToken, tokens.Json.GetProperty("expires_in").GetInt64());
        foreach (var (token, lifetime) in new[] { (tokens.AccessToken, accessToken), (tokens.IdToken, identityToken) })
        {
            var claims = Jwt.Claims(token);
            Assert.Equal(lifetime, claims.GetProperty("exp").GetInt64() - claims.GetProperty("iat").GetInt64());
        }
    }

    private Task<Answer> SignInAsync(RelyingParty client)
    {
        _seen = provider.Events.All.Count;
        return client.SignInAsync(provider.Provider.NewBrowser(), Offline);
    }

    private int _seen;

    private async Task<SecurityEvent> OnlyEventAsync(string type, string clientId)
    {
        var found = () => provider.Events.All.Skip(_seen).Where(it => it.Type == type && it.ClientId == clientId).ToList();
        await provider.UntilAsync(() => found().Count > 0);
        return Assert.Single(found());
    }
}
