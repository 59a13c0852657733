using System.Net;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Endpoints.Token;

/// <summary>A client that runs wild is slowed down, and loses nothing.</summary>
public sealed class TokenLimitTests : IAsyncLifetime
{
    private readonly Provider _provider = new();

    public Task InitializeAsync() => _provider.StartAsync(options =>
    {
        options.Settings["RateLimits:TokenRequestsPerClient"] = "3";
        options.Settings["RateLimits:TokenRequestsPerNetwork"] = "2";
    });

    public Task DisposeAsync() => _provider.DisposeAsync();

    [Fact]
    [Trait("row", "R5")]
    public async Task A_confidential_client_is_answered_429_for_a_while_and_others_are_not()
    {
        var machine = _provider.Client("machine");
        for (var i = 0; i < 3; i++)
        {
            (await machine.ClientCredentialsAsync("api.read")).Succeeds();
        }

        var refused = await machine.ClientCredentialsAsync("api.read");

        refused.Fails("too_many_requests", HttpStatusCode.TooManyRequests);
        Assert.InRange(int.Parse(refused.Header("Retry-After")!, null), 1, 60);
        (await _provider.Client("machine2").ClientCredentialsAsync(scope: null)).Succeeds();
    }

    [Fact]
    public async Task What_a_public_client_presents_in_vain_stays_good_and_its_limit_is_not_that_of_others()
    {
        var app = _provider.Client("spa");
        var first = await app.SignInAsync(_provider.NewBrowser(), "openid offline_access");
        var second = (await app.RefreshAsync(first.RefreshToken)).Succeeds();

        var refused = await app.RefreshAsync(second.RefreshToken);
        refused.Fails("too_many_requests", HttpStatusCode.TooManyRequests);

        Assert.True((await _provider.Api("api").IntrospectAsync(second.AccessToken)).Status == HttpStatusCode.OK);
        (await _provider.Client("machine").ClientCredentialsAsync("api.read")).Succeeds();
    }
}
