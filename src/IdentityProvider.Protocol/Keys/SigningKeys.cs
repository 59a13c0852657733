using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Protocol.Keys;

/// <summary>
/// The signing keys of this installation: loads them, makes the next one in time, and answers which one signs now.
/// </summary>
public sealed partial class SigningKeys : IDisposable
{
    private const string Purpose = "signing-key";

    private readonly ISigningKeyStore _store;
    private readonly RootKey _root;
    private readonly KeyManagementOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<SigningKeys> _logger;
    private readonly SemaphoreSlim _loading = new(1, 1);
    private IReadOnlyList<SigningKey> _keys = [];
    private KeySet? _current;

    /// <summary>Loads nothing yet.</summary>
    public SigningKeys(
        ISigningKeyStore store, RootKey root, IOptions<KeyManagementOptions> options, TimeProvider time, ILogger<SigningKeys> logger)
    {
        ArgumentNullException.ThrowIfNull(options);
        _store = store;
        _root = root;
        _options = options.Value;
        _time = time;
        _logger = logger;
    }

    /// <summary>Whether every algorithm has a key that signs now.</summary>
    public bool Ready => _current?.CanSign == true;

    internal KeySet Current
    {
        get
        {
            var current = _current ?? throw new InvalidOperationException("The signing keys have not been loaded.");
            var now = _time.GetUtcNow();
            if (now < current.ValidUntil)
            {
                return current;
            }

            // Not over what was loaded in the meantime: a key may have been retired.
            var next = new KeySet([.. current.All], _options, now);
            var seen = Interlocked.CompareExchange(ref _current, next, current);
            return seen == current ? next : seen!;
        }
    }

    /// <summary>Makes the keys that are due, and loads all. Instances that do this at once agree on one set.</summary>
    public async Task MaintainAsync(CancellationToken cancellationToken)
    {
        await ReloadAsync(cancellationToken);
        var made = false;
        foreach (var algorithm in SigningAlgorithms.All)
        {
            if (DueKey(algorithm) is { } signsFrom)
            {
                await AddAsync(algorithm, signsFrom, cancellationToken);
                made = true;
            }
        }

        if (made)
        {
            await ReloadAsync(cancellationToken);
        }
    }

    /// <summary>Reads what other instances and operators have changed.</summary>
    public async Task ReloadAsync(CancellationToken cancellationToken)
    {
        await _loading.WaitAsync(cancellationToken);
        try
        {
            var stored = await _store.LoadAsync(cancellationToken);
            var known = _keys.ToDictionary(key => key.KeyId, StringComparer.Ordinal);
            if (stored.Count == known.Count
                && stored.All(key => known.TryGetValue(key.KeyId, out var k) && k.Stored.SignsFrom == key.SignsFrom && k.Stored.RetiredAt == key.RetiredAt)
                && _current is not null)
            {
                return;
            }

            _keys = [.. stored.Select(Open)];
            _current = new KeySet(_keys, _options, _time.GetUtcNow());
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>All keys, the oldest first, with what they are doing now.</summary>
    public async Task<IReadOnlyList<SigningKeyInfo>> ListAsync(CancellationToken cancellationToken)
    {
        await ReloadAsync(cancellationToken);
        var current = Current;
        return
        [
            .. current.All.OrderBy(key => key.Stored.CreatedAt).ThenBy(key => key.KeyId, StringComparer.Ordinal).Select(key =>
                new SigningKeyInfo(key.KeyId, key.Algorithm, StateOf(current, key), key.Stored.CreatedAt, key.Stored.SignsFrom, key.Stored.RetiredAt)),
        ];
    }

    /// <summary>
    /// Announces the next key of each algorithm: it is published now and signs after the propagation time.
    /// With <paramref name="now"/> it signs at once, while the old one stays published.
    /// </summary>
    public async Task RotateAsync(bool now, CancellationToken cancellationToken)
    {
        await ReloadAsync(cancellationToken);
        var newest = SigningAlgorithms.All.ToDictionary(algorithm => algorithm, NewestGeneration);
        foreach (var algorithm in SigningAlgorithms.All)
        {
            await RotateAsync(algorithm, newest[algorithm], now, cancellationToken);
        }

        await ReloadAsync(cancellationToken);
    }

    /// <summary>
    /// Unpublishes a key at once and destroys its private part: what it signed is refused from now on. When it was the one that signs,
    /// the announced one takes over at once, or a new one. False when there is no such key.
    /// </summary>
    public async Task<bool> RetireAsync(string keyId, CancellationToken cancellationToken)
    {
        await ReloadAsync(cancellationToken);
        var moment = _time.GetUtcNow();
        if (_keys.FirstOrDefault(key => key.KeyId == keyId) is not { } key)
        {
            return false;
        }

        if (key.Stored.RetiredAt is not null)
        {
            return true;
        }

        // The replacement comes first: at no moment is there nothing to sign with.
        // It is the next one, never the last one, which may have expired.
        if (Current.FindSigner(key.Algorithm) is not { } signer || signer.KeyId == keyId)
        {
            if (Usable(key.Algorithm).FirstOrDefault(other => other.Stored.SignsFrom > moment && other.KeyId != keyId) is { } announced)
            {
                await _store.UpdateAsync(announced.Stored with { SignsFrom = moment }, cancellationToken);
            }
            else
            {
                await AddAsync(key.Algorithm, moment, cancellationToken);
            }
        }

        await _store.UpdateAsync(key.Stored with { RetiredAt = moment, SealedPrivateKey = [] }, cancellationToken);
        KeyRetired(keyId);
        await ReloadAsync(cancellationToken);
        return true;
    }

    /// <inheritdoc />
    public void Dispose() => _loading.Dispose();

    private static string StateOf(KeySet current, SigningKey key) =>
        key.Stored.RetiredAt is not null ? "retired"
        : current.FindPublished(key.KeyId) is null ? "expired"
        : current.FindSigner(key.Algorithm) is not { } signer ? "published"
        : signer.KeyId == key.KeyId ? "signing"
        : key.Stored.SignsFrom > signer.Stored.SignsFrom ? "announced"
        : "published";

    /// <summary>
    /// Whoever loses the race looks again: a key that the winner announced for later is brought forward if it has to sign now, and one that
    /// signs already is the rotation.
    /// </summary>
    private async Task RotateAsync(string algorithm, int newest, bool now, CancellationToken cancellationToken)
    {
        var moment = _time.GetUtcNow();
        while (true)
        {
            if (Usable(algorithm).LastOrDefault(key => key.Stored.SignsFrom > moment) is { } announced)
            {
                if (now)
                {
                    await _store.UpdateAsync(announced.Stored with { SignsFrom = moment }, cancellationToken);
                }

                return;
            }

            if (NewestGeneration(algorithm) > newest
                || await AddAsync(algorithm, now ? moment : moment + _options.PropagationTime, cancellationToken))
            {
                return;
            }

            await ReloadAsync(cancellationToken);
        }
    }

    /// <summary>What may sign now or later, in that order: what comes after the last one that was retired while it signed.</summary>
    private IEnumerable<SigningKey> Usable(string algorithm) => KeySet.Line(_keys.Where(key => key.Algorithm == algorithm))
        .Reverse().TakeWhile(key => key.Stored.RetiredAt is null).Reverse();

    /// <summary>From when the next key has to sign, if it is time to announce it; null when it is not.</summary>
    private DateTimeOffset? DueKey(string algorithm)
    {
        var now = _time.GetUtcNow();
        if (Usable(algorithm).LastOrDefault() is not { } newest)
        {
            return now;
        }

        var end = newest.Stored.SignsFrom + _options.RotationInterval;
        if (now < end - _options.PropagationTime)
        {
            return null;
        }

        var announcedLongEnough = now + _options.PropagationTime;
        return end > announcedLongEnough ? end : announcedLongEnough;
    }

    private int NewestGeneration(string algorithm) =>
        _keys.Where(key => key.Algorithm == algorithm).Select(key => key.Stored.Generation).DefaultIfEmpty().Max();

    /// <summary>False: another instance was first, and its key is read with the next load.</summary>
    private async Task<bool> AddAsync(string algorithm, DateTimeOffset signsFrom, CancellationToken cancellationToken)
    {
        var (publicKey, privateKey) = SigningKey.Generate(algorithm);
        var keyId = KeyIds.Of(publicKey);
        var key = new StoredSigningKey
        {
            KeyId = keyId,
            Algorithm = algorithm,
            Generation = NewestGeneration(algorithm) + 1,
            CreatedAt = _time.GetUtcNow(),
            SignsFrom = signsFrom,
            PublicKey = publicKey,
            SealedPrivateKey = _root.Seal(Purpose, privateKey, keyId),
        };

        if (!await _store.TryAddAsync(key, cancellationToken))
        {
            return false;
        }

        KeyAnnounced(keyId, algorithm, signsFrom);
        return true;
    }

    private SigningKey Open(StoredSigningKey stored) => new(
        stored,
        stored.RetiredAt is null ? _root.Open(Purpose, stored.SealedPrivateKey, stored.KeyId) : []);

    [LoggerMessage(2000, LogLevel.Information, "Signing key {KeyId} ({Algorithm}) is announced; it signs from {SignsFrom}")]
    private partial void KeyAnnounced(string keyId, string algorithm, DateTimeOffset signsFrom);

    [LoggerMessage(2001, LogLevel.Warning, "Signing key {KeyId} is retired; what it signed is refused from now on")]
    private partial void KeyRetired(string keyId);
}

/// <summary>A signing key, for operators.</summary>
/// <param name="KeyId">The key id.</param>
/// <param name="Algorithm">The JWS algorithm.</param>
/// <param name="State"><c>announced</c>, <c>signing</c>, <c>published</c> (verifies only), <c>expired</c> or <c>retired</c>.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="SignsFrom">From when it signs.</param>
/// <param name="RetiredAt">When an operator retired it.</param>
public sealed record SigningKeyInfo(
    string KeyId, string Algorithm, string State, DateTimeOffset CreatedAt, DateTimeOffset SignsFrom, DateTimeOffset? RetiredAt);
