using IdentityProvider.Storage.Redis;
using IdentityProvider.Storage.Tests.SystemTests;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Xunit;

namespace IdentityProvider.Storage.Tests.Redis;

public sealed class RedisConnectionTests : IAsyncLifetime
{
    private static readonly TimeSpan _limit = TimeSpan.FromMilliseconds(400);

    private readonly Lines _lines = new();
    private RedisServer _server = null!;
    private RedisConnection _redis = null!;

    public async Task InitializeAsync()
    {
        _server = await RedisServer.StartAsync();
        _redis = NewConnection(_server.ConnectionString);
    }

    public async Task DisposeAsync()
    {
        _redis.Dispose();
        await _server.DisposeAsync();
    }

    [Fact]
    public async Task A_frozen_server_costs_one_call_its_limit_and_the_next_ones_nothing()
    {
        await UntilReachableAsync(_redis);
        Assert.True((await AskAsync()).Answered);

        await _server.FreezeAsync();
        var started = TimeProvider.System.GetTimestamp();
        Assert.False((await AskAsync()).Answered);
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), _limit / 2, _limit * 5);
        Assert.False(_redis.IsReachable);

        // None of them waits, since none is asked.
        var asked = 0;
        for (var i = 0; i < 1000; i++)
        {
            var (answered, _) = await _redis.AskAsync(database =>
            {
                asked++;
                return database.StringGetAsync("x");
            });
            Assert.False(answered);
        }

        Assert.Equal(0, asked);

        await _server.ThawAsync();
        await UntilReachableAsync(_redis);
        Assert.True((await AskAsync()).Answered);
        Assert.Equal(["Information", "Warning", "Information"], _lines.Levels);
    }

    [Fact]
    public async Task Calls_that_wait_for_a_server_that_freezes_give_up_together()
    {
        await UntilReachableAsync(_redis);
        await _server.FreezeAsync();
        var started = TimeProvider.System.GetTimestamp();

        var answers = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => AskAsync().AsTask()));

        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, _limit * 5);
        Assert.All(answers, answer => Assert.False(answer.Answered));
        Assert.Equal(["Information", "Warning"], _lines.Levels);
    }

    [Fact]
    public async Task A_server_that_comes_back_is_found_and_its_subscriptions_with_it()
    {
        await UntilReachableAsync(_redis);
        var heard = 0;
        Assert.True(await _redis.SubscribeAsync("test", _ => Interlocked.Increment(ref heard)));

        await _server.StopAsync();
        await Eventually.BecomesAsync(_redis.PingAsync, reachable => !reachable, "It is noticed");
        Assert.False((await AskAsync()).Answered);
        await _server.ResumeAsync();

        await UntilReachableAsync(_redis);
        await Eventually.BecomesAsync(
            async () =>
            {
                await _redis.PublishAsync("test", "news");
                return Volatile.Read(ref heard);
            },
            count => count > 0,
            "The subscription lives");
        Assert.Equal(["Information", "Warning", "Information"], _lines.Levels);
    }

    [Fact]
    public async Task A_server_that_starts_later_is_found()
    {
        await _server.StopAsync();
        Assert.False(await _redis.PingAsync());
        Assert.False(await _redis.PingAsync());

        await _server.ResumeAsync();

        await UntilReachableAsync(_redis);
        Assert.Equal(["Warning", "Information"], _lines.Levels);
    }

    [Theory]
    [InlineData("127.0.0.1:1")]
    [InlineData("redis.invalid:6379")]
    public async Task Where_no_server_is_nobody_waits_and_one_line_says_so(string address)
    {
        using var redis = NewConnection(address);
        Assert.False((await redis.AskAsync(database => database.StringGetAsync("x"))).Answered);
        Assert.False(await redis.PingAsync());
        Assert.False(await redis.PingAsync());

        var started = TimeProvider.System.GetTimestamp();
        await redis.PublishAsync("test", "news");
        Assert.False((await redis.AskAsync(database => database.StringGetAsync("x"))).Answered);
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, _limit);
        Assert.Equal(["Warning"], _lines.Levels);
    }

    [Fact]
    public async Task A_server_that_refuses_the_password_counts_as_away()
    {
        await _server.RequireAsync("right-secret");
        using var wrong = NewConnection(_server.ConnectionString + ",password=wrong-secret");
        Assert.False(await wrong.PingAsync());

        using var right = NewConnection(_server.ConnectionString + ",password=right-secret");
        await UntilReachableAsync(right);
        Assert.All(_lines.Texts, line => Assert.DoesNotContain("secret", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("127.0.0.1:6379", true)]
    [InlineData("redis:6379,password=x,ssl=true", true)]
    [InlineData("redis:6379,pasword=x", false)]
    [InlineData("password=x", false)]
    public void A_connection_string_is_judged_without_repeating_it(string connectionString, bool good)
    {
        var problem = RedisConnection.FindProblem(connectionString);
        Assert.Equal(good, problem is null);
        Assert.DoesNotContain("=x", problem ?? "", StringComparison.Ordinal);
    }

    internal static async Task UntilReachableAsync(RedisConnection redis) =>
        await Eventually.BecomesAsync(redis.PingAsync, reachable => reachable, "Redis is reachable");

    private RedisConnection NewConnection(string connectionString) =>
        new(connectionString, Options.Create(new RedisOptions { CallTimeout = _limit }), TimeProvider.System, _lines);

    private ValueTask<(bool Answered, StackExchange.Redis.RedisValue Answer)> AskAsync() =>
        _redis.AskAsync(database => database.StringGetAsync("x"));

    private sealed class Lines : ILogger<RedisConnection>
    {
        private readonly List<(LogLevel Level, string Text)> _lines = [];

        public IEnumerable<string> Levels => _lines.Select(line => line.Level.ToString());

        public IEnumerable<string> Texts => _lines.Select(line => line.Text);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lines)
            {
                _lines.Add((logLevel, formatter(state, exception)));
            }
        }
    }
}
