namespace IdentityProvider.Accounts.Throttling;

/// <summary>Counters of this process: for an installation without Redis, and for the time in which Redis is away.</summary>
public sealed class LocalCounters(TimeProvider time) : ICounters
{
    /// <summary>
    /// About 20 MB. Whoever fills it with names makes it forget what has counted least, and of that what would have ended soonest anyway: never
    /// the count of the network that they come from.
    /// </summary>
    internal const int Capacity = 100_000;

    private readonly Dictionary<string, Window> _windows = new(StringComparer.Ordinal);
    private readonly Lock _lock = new();
    private readonly long _origin = time.GetTimestamp();

    /// <summary>Since the start, so that a clock that is set moves no window.</summary>
    private TimeSpan Now => time.GetElapsedTime(_origin);

    /// <inheritdoc />
    public Task<Count> RaiseAsync(string key, TimeSpan window)
    {
        lock (_lock)
        {
            var now = Now;
            if (!_windows.TryGetValue(key, out var current) || current.End <= now)
            {
                MakeRoom(now);
                current = new Window(0, now + window);
            }

            _windows[key] = current = current with { Value = current.Value + 1 };
            return Task.FromResult(new Count(current.Value, current.End - now));
        }
    }

    /// <inheritdoc />
    public Task<Count?> ReadAsync(string key)
    {
        lock (_lock)
        {
            var now = Now;
            return Task.FromResult<Count?>(_windows.TryGetValue(key, out var current) && current.End > now ? new Count(current.Value, current.End - now) : null);
        }
    }

    /// <inheritdoc />
    public Task LowerAsync(string key)
    {
        lock (_lock)
        {
            if (_windows.TryGetValue(key, out var current) && current.Value > 0)
            {
                _windows[key] = current with { Value = current.Value - 1 };
            }
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task ResetAsync(string key)
    {
        lock (_lock)
        {
            _windows.Remove(key);
        }

        return Task.CompletedTask;
    }

    /// <summary>A quarter at a time, so that a full table costs one scan in many calls.</summary>
    private void MakeRoom(TimeSpan now)
    {
        if (_windows.Count < Capacity)
        {
            return;
        }

        var kept = _windows.Where(window => window.Value.End > now)
            .OrderByDescending(window => window.Value.Value).ThenByDescending(window => window.Value.End)
            .Take(Capacity / 4 * 3).ToList();
        _windows.Clear();
        foreach (var (key, window) in kept)
        {
            _windows.Add(key, window);
        }
    }

    private readonly record struct Window(long Value, TimeSpan End);
}
