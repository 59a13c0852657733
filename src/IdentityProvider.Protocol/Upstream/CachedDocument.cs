namespace IdentityProvider.Protocol.Upstream;

/// <summary>
/// A document of somebody else, kept for an hour, and through an outage of theirs for a day. One caller at a time fetches it, and not more
/// often than each ten seconds, whatever people or tokens ask for.
/// </summary>
internal sealed class CachedDocument<T>(Func<CancellationToken, Task<T?>> fetch, TimeProvider time) : IDisposable
    where T : class
{
    private static readonly TimeSpan s_fresh = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_usable = TimeSpan.FromDays(1);
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _gate = new(1);
    private volatile Copy? _copy;
    private DateTimeOffset? _askedAt;

    /// <summary>The document; null: there is none to be had.</summary>
    /// <param name="suffices">When it does not, the document is fetched anew, if it may be.</param>
    /// <param name="cancellationToken">Of this caller.</param>
    public async Task<T?> GetAsync(Func<T, bool> suffices, CancellationToken cancellationToken)
    {
        if (FindFresh(suffices) is { } fresh)
        {
            return fresh;
        }

        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (FindFresh(suffices) is { } meanwhile)
            {
                return meanwhile;
            }

            if (_askedAt is not { } asked || time.GetUtcNow() - asked >= s_pause)
            {
                var found = await fetch(cancellationToken);
                _askedAt = time.GetUtcNow();
                _copy = found is null ? _copy : new Copy(found, _askedAt.Value);
            }

            return _copy is { } copy && time.GetUtcNow() - copy.FetchedAt < s_usable ? copy.Value : null;
        }
        finally
        {
            _gate.Release();
        }
    }

    public void Dispose() => _gate.Dispose();

    private T? FindFresh(Func<T, bool> suffices) =>
        _copy is { } copy && time.GetUtcNow() - copy.FetchedAt < s_fresh && suffices(copy.Value) ? copy.Value : null;

    private sealed record Copy(T Value, DateTimeOffset FetchedAt);
}
