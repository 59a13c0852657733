using IdentityProvider.Accounts.Throttling;
using StackExchange.Redis;

namespace IdentityProvider.Storage.Redis;

/// <summary>Counters that all instances share. While Redis is away each instance counts for itself.</summary>
internal sealed class RedisCounters(RedisConnection redis, LocalCounters local) : ICounters
{
    /// <summary>One call, so that no counter can be left without its end.</summary>
    private const string Raise = """
        local value = redis.call('INCR', KEYS[1])
        if value == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
        return {value, redis.call('PTTL', KEYS[1])}
        """;

    private const string Lower = """
        if tonumber(redis.call('GET', KEYS[1]) or '0') > 0 then redis.call('DECR', KEYS[1]) end
        return 0
        """;

    public async Task<Count> RaiseAsync(string key, TimeSpan window)
    {
        var (answered, answer) = await redis.AskAsync(async database => (long[]?)await database.ScriptEvaluateAsync(
            Raise, [key], [(long)window.TotalMilliseconds]));
        return answered && answer is [var value, var milliseconds]
            ? new Count(value, TimeSpan.FromMilliseconds(milliseconds))
            : await local.RaiseAsync(key, window);
    }

    public async Task<Count?> ReadAsync(string key)
    {
        var (answered, answer) = await redis.AskAsync(async database => (RedisValueWithExpiry?)await database.StringGetWithExpiryAsync(key));
        return !answered ? await local.ReadAsync(key)
            : answer is { Expiry: { } remaining } counter && counter.Value.TryParse(out long value) ? new Count(value, remaining)
            : null;
    }

    public async Task LowerAsync(string key)
    {
        var (answered, _) = await redis.AskAsync(database => database.ScriptEvaluateAsync(Lower, [key]));
        if (!answered)
        {
            await local.LowerAsync(key);
        }
    }

    /// <summary>In both places: what was counted here while Redis was away must not outlive the right password.</summary>
    public async Task ResetAsync(string key)
    {
        await local.ResetAsync(key);
        await redis.AskAsync(database => database.KeyDeleteAsync(key));
    }
}
