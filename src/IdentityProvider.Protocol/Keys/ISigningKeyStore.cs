namespace IdentityProvider.Protocol.Keys;

/// <summary>A signing key as stored. The private part is sealed under the root key.</summary>
public sealed record StoredSigningKey
{
    /// <summary>The key id that tokens name.</summary>
    public required string KeyId { get; init; }

    /// <summary>The JWS algorithm: <c>RS256</c> or <c>ES256</c>.</summary>
    public required string Algorithm { get; init; }

    /// <summary>Counts up per algorithm; (algorithm, generation) is unique, so that instances agree on one key.</summary>
    public required int Generation { get; init; }

    /// <summary>When it was made, and so announced.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>From when on it may sign.</summary>
    public required DateTimeOffset SignsFrom { get; init; }

    /// <summary>When an operator retired it; null: not retired.</summary>
    public DateTimeOffset? RetiredAt { get; init; }

    /// <summary>The public key as SubjectPublicKeyInfo (DER). Kept for ever, since it verifies old <c>id_token_hint</c>s.</summary>
    public required byte[] PublicKey { get; init; }

    /// <summary>The private key as PKCS #8, sealed; empty once the key is retired.</summary>
    public required byte[] SealedPrivateKey { get; init; }
}

/// <summary>Where signing keys live: the database, or files in Development.</summary>
public interface ISigningKeyStore
{
    /// <summary>All keys ever made, retired ones included.</summary>
    Task<IReadOnlyList<StoredSigningKey>> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Adds a key. False when its (algorithm, generation) exists: another instance was first, load again.</summary>
    Task<bool> TryAddAsync(StoredSigningKey key, CancellationToken cancellationToken);

    /// <summary>Replaces <see cref="StoredSigningKey.SignsFrom"/>, <see cref="StoredSigningKey.RetiredAt"/> and the sealed private key, unless the key is retired.</summary>
    Task UpdateAsync(StoredSigningKey key, CancellationToken cancellationToken);
}
