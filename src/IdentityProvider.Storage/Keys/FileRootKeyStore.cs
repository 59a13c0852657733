using IdentityProvider.Protocol.Keys;

namespace IdentityProvider.Storage.Keys;

/// <summary>
/// The root key beside the signing keys that are sealed under it. Whoever deletes the development database, or the directory, then has
/// a working server again, since neither refers to the other.
/// </summary>
internal sealed class FileRootKeyStore(string directory) : IRootKeyStore
{
    private readonly string _path = Path.Combine(directory, "root-key.json");

    public async Task<WrappedRootKey?> LoadAsync(CancellationToken cancellationToken) =>
        File.Exists(_path) ? await JsonFile.ReadAsync<WrappedRootKey>(_path, cancellationToken) : null;

    public Task<bool> TryCreateAsync(WrappedRootKey key, CancellationToken cancellationToken) =>
        JsonFile.TryCreateAsync(_path, key, cancellationToken);

    /// <summary>Not atomic between two processes, of which development has one; the loser's next start re-wraps again.</summary>
    public async Task<bool> TryReplaceAsync(WrappedRootKey current, WrappedRootKey replacement, CancellationToken cancellationToken)
    {
        if (await LoadAsync(cancellationToken) is not { } stored || !stored.WrappedKey.AsSpan().SequenceEqual(current.WrappedKey))
        {
            return false;
        }

        await JsonFile.ReplaceAsync(_path, replacement, cancellationToken);
        return true;
    }
}
