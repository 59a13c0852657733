using System.Net;
using IdentityProvider.Storage.Tests.Redis;
using IdentityProvider.Testing;
using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

/// <summary>Redis holds nothing that decides: without it people sign in, tokens are issued and refreshed, and nothing is accepted twice.</summary>
public sealed class RedisLossTests : IAsyncLifetime
{
    /// <summary>No request may wait for Redis longer than its limits add up to; without them it would be minutes.</summary>
    private static readonly TimeSpan _bound = TimeSpan.FromSeconds(5);

    private RedisServer _redis = null!;
    private Installation _installation = null!;
    private TestHost _first = null!;
    private TestHost _second = null!;

    public async Task InitializeAsync()
    {
        _redis = await RedisServer.StartAsync();
        _installation = await Installation.CreateAsync();
        _installation.Settings["ConnectionStrings:Redis"] = _redis.ConnectionString;

        // A pause of a busy machine must not look like a loss: what is logged is counted.
        _installation.Settings["Redis:CallTimeout"] = "00:00:01";
        _first = await _installation.StartAsync();
        _second = await _installation.StartAsync();
        await IsHealthyAsync(_first);
        await IsHealthyAsync(_second);
    }

    public async Task DisposeAsync()
    {
        await _first.DisposeAsync();
        await _second.DisposeAsync();
        await _installation.DisposeAsync();
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task While_Redis_is_stopped_all_goes_on() => await GoesOnAsync(_redis.StopAsync, _redis.ResumeAsync);

    [Fact]
    public async Task While_Redis_is_frozen_all_goes_on_and_nobody_waits() => await GoesOnAsync(_redis.FreezeAsync, _redis.ThawAsync);

    [Fact]
    public async Task A_Redis_that_was_emptied_is_no_loss()
    {
        var before = await WorkAsync(_first, _second);
        var lines = StateLines(_first);

        await _redis.FlushAsync();

        await WorkAsync(_first, _second);
        (await App.Rotating.RefreshAsync(_second.Http, before)).Succeeds();
        Assert.Equal(lines, StateLines(_first));
    }

    [Fact]
    public async Task While_one_instance_cannot_reach_Redis_both_go_on_as_one_installation()
    {
        await using var alone = await _installation.StartAsync(clock: null, ("ConnectionStrings:Redis", RedisServer.Nowhere));

        Assert.Equal("degraded", await InvalidationTests.HealthAsync(alone));
        await WorkAsync(_first, alone);
        await WorkAsync(alone, _second);
        await IsThrottledAfterThreeAsync(alone);
    }

    [Fact]
    public async Task An_instance_starts_while_Redis_is_frozen()
    {
        await _redis.FreezeAsync();
        await using var late = await _installation.StartAsync();
        using var browser = Browsers.New(late.Issuer, new CookieContainer());

        await browser.SignInAsync();
        await App.Rotating.TokensAsync(browser);
        await _redis.ThawAsync();

        await IsHealthyAsync(late);
    }

    private async Task GoesOnAsync(Func<Task> loss, Func<Task> recovery)
    {
        var before = await WorkAsync(_first, _second);
        TestHost[] hosts = [_first, _second];
        var lines = hosts.Select(StateLines).ToList();
        await loss();

        var refreshed = (await App.Rotating.RefreshAsync(_second.Http, before)).Succeeds()["refresh_token"];
        for (var i = 0; i < 3; i++)
        {
            await WorkAsync(_first, _second);
        }

        await IsThrottledAfterThreeAsync(_first);
        using (var ready = await _first.Http.GetAsync("/health/ready"))
        {
            Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        }

        foreach (var host in hosts)
        {
            await Eventually.BecomesAsync(() => InvalidationTests.HealthAsync(host), health => health == "degraded", "The loss is noticed");
        }

        await recovery();
        await IsHealthyAsync(_first);
        await IsHealthyAsync(_second);
        (await App.Rotating.RefreshAsync(_first.Http, refreshed)).Succeeds();
        await WorkAsync(_first, _second);
        Assert.All(hosts.Zip(lines), it => Assert.Equal((it.Second.Away + 1, it.Second.Reachable + 1), StateLines(it.First)));
    }

    /// <summary>A sign-in on one instance, and a race for a code and for a refresh token over both. Returns the token that is good now.</summary>
    private static async Task<string> WorkAsync(TestHost one, TestHost other)
    {
        var cookies = new CookieContainer();
        using var first = Browsers.New(one.Issuer, cookies);
        using var second = Browsers.New(other.Issuer, cookies);
        var app = App.Rotating;
        await InTimeAsync(first.SignInAsync());
        var code = await InTimeAsync(app.CodeAsync(second));

        var redemptions = await InTimeAsync(Task.WhenAll(Enumerable.Range(0, 10).Select(i => app.RedeemAsync(i % 2 == 0 ? first : second, code))));
        var tokens = Assert.Single(redemptions, answer => answer.Status == HttpStatusCode.OK);
        Assert.Equal(9, redemptions.Count(answer => answer.Error == "invalid_grant"));

        var refreshes = await InTimeAsync(Task.WhenAll(
            Enumerable.Range(0, 10).Select(i => app.RefreshAsync(i % 2 == 0 ? first : second, tokens["refresh_token"]))));
        var successor = Assert.Single(refreshes.Select(answer => answer.Succeeds()["refresh_token"]).Distinct());
        Assert.True(await App.IsActiveAsync(second, refreshes[0]["access_token"]));
        return successor;
    }

    /// <summary>The limit still stands, if only for this instance. From another name, so that the other work is not in its way.</summary>
    private static async Task IsThrottledAfterThreeAsync(TestHost host)
    {
        var statuses = new List<HttpStatusCode>();
        for (var i = 0; i < 4; i++)
        {
            using var browser = Browsers.New(host.Issuer, new CookieContainer());
            using var response = await InTimeAsync(browser.PostFormAsync("/account/login", new() { ["username"] = "mallory", ["password"] = "wrong" }));
            statuses.Add(response.StatusCode);
        }

        Assert.Equal([.. Enumerable.Repeat(HttpStatusCode.OK, 3), HttpStatusCode.TooManyRequests], statuses);
    }

    /// <summary>How often the log says that Redis is away, and that it is there.</summary>
    private static (int Away, int Reachable) StateLines(TestHost host) => (
        host.Log.Lines.Count(line => line.Contains("Redis is away", StringComparison.Ordinal)),
        host.Log.Lines.Count(line => line.Contains("Redis is reachable", StringComparison.Ordinal)));

    private static async Task IsHealthyAsync(TestHost host) =>
        await Eventually.BecomesAsync(() => InvalidationTests.HealthAsync(host), health => health == "healthy", "Redis is reachable");

    private static async Task<T> InTimeAsync<T>(Task<T> work)
    {
        await InTimeAsync((Task)work);
        return await work;
    }

    private static async Task InTimeAsync(Task work)
    {
        var started = TimeProvider.System.GetTimestamp();
        await work;
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, _bound);
    }
}
