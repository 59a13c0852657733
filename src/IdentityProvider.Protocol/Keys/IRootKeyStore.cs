namespace IdentityProvider.Protocol.Keys;

/// <summary>
/// The one root key of an installation, wrapped under the operator's master key. Everything else is sealed under keys
/// derived from it, so that a new master key re-wraps one row and invalidates nothing.
/// </summary>
/// <param name="MasterKeyId">The id of the master key that wraps it.</param>
/// <param name="WrappedKey">The wrapped root key.</param>
public sealed record WrappedRootKey(string MasterKeyId, byte[] WrappedKey);

/// <summary>The single row that decides whether a master key opens this installation.</summary>
public interface IRootKeyStore
{
    /// <summary>The row; null on an empty store.</summary>
    Task<WrappedRootKey?> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Creates the row. False when it exists: load it.</summary>
    Task<bool> TryCreateAsync(WrappedRootKey key, CancellationToken cancellationToken);

    /// <summary>Replaces the row if it is still <paramref name="current"/>. False when another instance was first.</summary>
    Task<bool> TryReplaceAsync(WrappedRootKey current, WrappedRootKey replacement, CancellationToken cancellationToken);
}
