using System.Buffers;
using System.Collections.Frozen;
using System.Text.Json;

namespace IdentityProvider.Protocol.Keys;

/// <summary>The keys as they stand at one moment: which sign, which are published. Immutable; a new one replaces it at <see cref="ValidUntil"/>.</summary>
internal sealed class KeySet
{
    private readonly FrozenDictionary<string, SigningKey> _all;
    private readonly FrozenDictionary<string, SigningKey> _published;
    private readonly FrozenDictionary<string, SigningKey> _signing;

    public KeySet(IReadOnlyList<SigningKey> keys, KeyManagementOptions options, DateTimeOffset now)
    {
        _all = keys.ToFrozenDictionary(key => key.KeyId, StringComparer.Ordinal);

        var published = new List<SigningKey>();
        var signing = new Dictionary<string, SigningKey>(StringComparer.Ordinal);
        var validUntil = DateTimeOffset.MaxValue;
        foreach (var family in keys.GroupBy(key => key.Algorithm))
        {
            var ordered = Line(family);
            for (var i = 0; i < ordered.Count; i++)
            {
                var key = ordered[i];
                if (key.Stored.RetiredAt is not null)
                {
                    // What signed before it does not sign again: it may be expired, or have leaked in its turn.
                    signing.Remove(family.Key);
                    continue;
                }

                var successor = i + 1 < ordered.Count ? ordered[i + 1] : null;
                var unpublishedFrom = successor?.Stored.SignsFrom + options.RetentionDuration ?? DateTimeOffset.MaxValue;
                if (now >= unpublishedFrom)
                {
                    continue;
                }

                published.Add(key);
                validUntil = Earlier(validUntil, unpublishedFrom);
                if (key.Stored.SignsFrom > now)
                {
                    validUntil = Earlier(validUntil, key.Stored.SignsFrom);
                }

                // The first key signs even before its time: the instance that made it may have a faster clock.
                if (key.Stored.SignsFrom <= now || !signing.ContainsKey(family.Key))
                {
                    signing[family.Key] = key;
                }
            }
        }

        _published = published.ToFrozenDictionary(key => key.KeyId, StringComparer.Ordinal);
        _signing = signing.ToFrozenDictionary(StringComparer.Ordinal);
        ValidUntil = validUntil;
        Document = WriteDocument(published);
    }

    public DateTimeOffset ValidUntil { get; }

    /// <summary>The JWK Set (RFC 7517 §5) as served.</summary>
    public byte[] Document { get; }

    public IEnumerable<SigningKey> All => _all.Values;

    public SigningKey Signer(string algorithm) =>
        FindSigner(algorithm) ?? throw new InvalidOperationException($"There is no active {algorithm} signing key.");

    public SigningKey? FindSigner(string algorithm) => _signing.GetValueOrDefault(algorithm);

    public bool CanSign => SigningAlgorithms.All.All(_signing.ContainsKey);

    /// <summary>A key that tokens may still be verified with.</summary>
    public SigningKey? FindPublished(string keyId) => _published.GetValueOrDefault(keyId);

    /// <summary>Any key ever made: an old <c>id_token_hint</c> is still a hint.</summary>
    public SigningKey? Find(string keyId) => _all.GetValueOrDefault(keyId);

    /// <summary>
    /// Keys of one algorithm in the order in which they sign. A retired one had its time, unless it was retired before that came.
    /// </summary>
    public static IReadOnlyList<SigningKey> Line(IEnumerable<SigningKey> keys) =>
    [
        .. keys.Where(key => key.Stored.RetiredAt is null || key.Stored.RetiredAt >= key.Stored.SignsFrom)
            .OrderBy(key => key.Stored.SignsFrom).ThenBy(key => key.Stored.Generation),
    ];

    private static DateTimeOffset Earlier(DateTimeOffset a, DateTimeOffset b) => a < b ? a : b;

    private static byte[] WriteDocument(List<SigningKey> keys)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using var writer = new Utf8JsonWriter(buffer);
        writer.WriteStartObject();
        writer.WriteStartArray("keys");
        foreach (var key in keys)
        {
            key.WriteJwk(writer);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
        return buffer.WrittenSpan.ToArray();
    }
}
