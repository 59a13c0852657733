using IdentityProvider.Storage.Grants;
using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Storage.Tests.SystemTests;
using IdentityProvider.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace IdentityProvider.Storage.Tests.RoundTrips;

/// <summary>
/// PostgreSQL has committed, and its reply never reaches the server: the worst moment, as a client sees it. It hears 503, asks again with
/// the token that it holds, and goes on.
/// </summary>
public sealed class LostReplyTests : IAsyncLifetime
{
    private readonly PostgresTestDatabase _database = new();
    private CountingRelay _relay = null!;
    private TestHost _host = null!;

    public async Task InitializeAsync()
    {
        await _database.InitializeAsync();
        _relay = RoundTripFixture.RelayTo(_database);
        _host = await TestHost.StartAsync(options =>
        {
            options.Settings["Database:Provider"] = "Postgres";
            options.Settings["ConnectionStrings:Database"] = RoundTripFixture.Through(_relay, _database);
            options.Time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        });
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        await _relay.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Fact]
    public async Task A_client_whose_rotation_was_committed_and_not_answered_asks_again_and_goes_on()
    {
        using var browser = await _host.SignInAsync("alice");
        var app = App.Spa;
        var token = (await app.TokensAsync(browser))["refresh_token"];
        for (var generation = 2; generation < 6; generation++)
        {
            _relay.DropReply(1);
            var lost = await app.RefreshAsync(_host.Http, token);
            Assert.True(lost.IsOutage, lost.ToString());
            Assert.Equal(generation, await GenerationAsync());

            var first = (await app.RefreshAsync(_host.Http, token)).Succeeds()["refresh_token"];
            var second = (await app.RefreshAsync(_host.Http, token)).Succeeds()["refresh_token"];
            Assert.Equal(first, second);
            Assert.Equal(generation, await GenerationAsync());
            token = first;
        }
    }

    private async Task<int> GenerationAsync()
    {
        await using var context = _database.Context();
        return (await context.Set<GrantRow>().SingleAsync()).Generation;
    }
}
