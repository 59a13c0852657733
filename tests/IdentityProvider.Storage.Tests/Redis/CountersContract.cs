using IdentityProvider.Accounts.Throttling;
using IdentityProvider.Storage.Redis;
using IdentityProvider.Storage.Tests.Grants;
using IdentityProvider.Storage.Tests.SystemTests;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace IdentityProvider.Storage.Tests.Redis;

public abstract class CountersContract
{
    private static readonly TimeSpan _window = TimeSpan.FromMinutes(15);

    private readonly string _key = $"test:{Scene.Id():N}";

    /// <summary>Set before each test.</summary>
    public ICounters Counters { get; protected set; } = null!;

    [Fact]
    public async Task It_counts_from_one_within_a_window_that_the_first_one_opens()
    {
        var first = await Counters.RaiseAsync(_key, _window);
        await Task.Delay(5);
        var second = await Counters.RaiseAsync(_key, TimeSpan.FromHours(1));

        Assert.Equal((1, 2), (first.Value, second.Value));
        Assert.InRange(first.Remaining, _window - TimeSpan.FromMinutes(1), _window);
        Assert.InRange(second.Remaining, TimeSpan.Zero, first.Remaining);
        Assert.Equal(1, (await Counters.RaiseAsync(_key + "-other", _window)).Value);
    }

    [Fact]
    public async Task After_the_window_it_counts_from_one_again()
    {
        var window = TimeSpan.FromMilliseconds(100);
        Assert.Equal(1, (await Counters.RaiseAsync(_key, window)).Value);

        var count = await Eventually.BecomesAsync(() => Counters.RaiseAsync(_key, _window), count => count.Value == 1, "The window has ended");
        Assert.True(count.Remaining > window);
    }

    [Fact]
    public async Task Of_many_at_once_each_is_counted_once()
    {
        var counts = await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Task.Run(() => Counters.RaiseAsync(_key, _window))));

        Assert.Equal(Enumerable.Range(1, 200).Select(value => (long)value), counts.Select(count => count.Value).Order());
    }

    [Fact]
    public async Task One_is_taken_back_and_never_more_than_there_are()
    {
        await Counters.LowerAsync(_key);
        await Counters.RaiseAsync(_key, _window);
        await Counters.RaiseAsync(_key, _window);
        await Counters.LowerAsync(_key);
        Assert.Equal(2, (await Counters.RaiseAsync(_key, _window)).Value);

        for (var i = 0; i < 5; i++)
        {
            await Counters.LowerAsync(_key);
        }

        var again = await Counters.RaiseAsync(_key, _window);
        Assert.Equal(1, again.Value);
        Assert.InRange(again.Remaining, TimeSpan.FromTicks(1), _window);
    }

    [Fact]
    public async Task What_it_stands_at_is_read_without_raising_it()
    {
        Assert.Null(await Counters.ReadAsync(_key));
        await Counters.RaiseAsync(_key, _window);
        await Counters.RaiseAsync(_key, _window);

        for (var i = 0; i < 2; i++)
        {
            var count = (await Counters.ReadAsync(_key))!.Value;
            Assert.Equal(2, count.Value);
            Assert.InRange(count.Remaining, _window - TimeSpan.FromMinutes(1), _window);
        }
    }

    [Fact]
    public async Task What_is_reset_counts_from_one()
    {
        await Counters.RaiseAsync(_key, _window);
        await Counters.RaiseAsync(_key, _window);
        await Counters.ResetAsync(_key);
        Assert.Equal(1, (await Counters.RaiseAsync(_key, _window)).Value);
    }
}

public sealed class LocalCountersTests : CountersContract
{
    public LocalCountersTests() => Counters = new LocalCounters(TimeProvider.System);

    [Fact]
    public async Task When_it_is_full_what_has_counted_least_is_forgotten_first_and_then_what_ends_soonest()
    {
        var counters = new LocalCounters(new FakeTimeProvider());
        await counters.RaiseAsync("network", TimeSpan.FromMinutes(1));
        await counters.RaiseAsync("network", TimeSpan.FromMinutes(1));
        await counters.RaiseAsync("short", TimeSpan.FromMinutes(1));
        await counters.RaiseAsync("long", TimeSpan.FromHours(1));
        for (var i = 0; i < LocalCounters.Capacity; i++)
        {
            await counters.RaiseAsync($"flood-{i}", TimeSpan.FromMinutes(15));
        }

        Assert.Equal(3, (await counters.RaiseAsync("network", TimeSpan.FromMinutes(1))).Value);
        Assert.Equal(2, (await counters.RaiseAsync("long", TimeSpan.FromHours(1))).Value);
        Assert.Equal(1, (await counters.RaiseAsync("short", TimeSpan.FromMinutes(1))).Value);
    }

    [Fact]
    public async Task A_window_ends_by_time_that_has_passed_and_not_by_a_clock_that_was_set()
    {
        var time = new FakeTimeProvider();
        var counters = new LocalCounters(time);
        await counters.RaiseAsync("x", TimeSpan.FromMinutes(1));
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(new Count(2, TimeSpan.FromSeconds(1)), await counters.RaiseAsync("x", TimeSpan.FromMinutes(1)));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(new Count(1, TimeSpan.FromMinutes(1)), await counters.RaiseAsync("x", TimeSpan.FromMinutes(1)));
    }
}

public sealed class RedisCountersTests : CountersContract, IAsyncLifetime
{
    /// <summary>The Redis that the test run shares, or one of this test's own.</summary>
    private static readonly string? s_shared = Environment.GetEnvironmentVariable("IDP_TEST_REDIS");

    private RedisServer? _server;
    private RedisConnection _redis = null!;

    public async Task InitializeAsync()
    {
        _server = string.IsNullOrEmpty(s_shared) ? await RedisServer.StartAsync() : null;
        _redis = new RedisConnection(
            _server?.ConnectionString ?? s_shared!,
            Options.Create(new RedisOptions { CallTimeout = TimeSpan.FromSeconds(5) }), TimeProvider.System, NullLogger<RedisConnection>.Instance);
        await RedisConnectionTests.UntilReachableAsync(_redis);
        Counters = new RedisCounters(_redis, new LocalCounters(TimeProvider.System));
    }

    public async Task DisposeAsync()
    {
        _redis.Dispose();
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    [Fact]
    public async Task Instances_count_together()
    {
        var key = $"test:{Scene.Id():N}";
        var other = new RedisCounters(_redis, new LocalCounters(TimeProvider.System));
        await Counters.RaiseAsync(key, TimeSpan.FromMinutes(1));
        Assert.Equal(2, (await other.RaiseAsync(key, TimeSpan.FromMinutes(1))).Value);
        await other.ResetAsync(key);
        Assert.Equal(1, (await Counters.RaiseAsync(key, TimeSpan.FromMinutes(1))).Value);
    }
}

/// <summary>While Redis is away the counters go on, for each instance alone.</summary>
public sealed class AwayCountersTests : CountersContract, IDisposable
{
    private readonly RedisConnection _redis = new(
        RedisServer.Nowhere, Options.Create(new RedisOptions()), TimeProvider.System, NullLogger<RedisConnection>.Instance);

    public AwayCountersTests() => Counters = new RedisCounters(_redis, new LocalCounters(TimeProvider.System));

    public void Dispose() => _redis.Dispose();
}
