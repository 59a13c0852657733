using System.Text.Json;
using IdentityProvider.Protocol.Keys;

namespace IdentityProvider.Storage.Keys;

/// <summary>
/// The root key beside the signing keys that are sealed under it. Whoever deletes the development database, or the directory, then has
/// a working server again, since neither refers to the other.
/// </summary>
internal sealed class FileRootKeyStore(string directory) : IRootKeyStore
{
    private readonly string _path = Path.Combine(directory, "root-key.json");

    public async Task<WrappedRootKey?> LoadAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(_path))
        {
            return null;
        }

        await using var file = File.OpenRead(_path);
        return await JsonSerializer.DeserializeAsync<WrappedRootKey>(file, cancellationToken: cancellationToken);
    }

    public async Task<bool> TryCreateAsync(WrappedRootKey key, CancellationToken cancellationToken)
    {
        var draft = await WriteDraftAsync(key, cancellationToken);
        try
        {
            // Without overwriting, a move fails when another process was first.
            File.Move(draft, _path, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(_path))
        {
            return false;
        }
        finally
        {
            File.Delete(draft);
        }
    }

    public async Task<bool> TryReplaceAsync(WrappedRootKey current, WrappedRootKey replacement, CancellationToken cancellationToken)
    {
        if (await LoadAsync(cancellationToken) is not { } stored || !stored.WrappedKey.AsSpan().SequenceEqual(current.WrappedKey))
        {
            return false;
        }

        File.Move(await WriteDraftAsync(replacement, cancellationToken), _path, overwrite: true);
        return true;
    }

    private async Task<string> WriteDraftAsync(WrappedRootKey key, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory);
        var draft = Path.Combine(directory, $".root-key-{Path.GetRandomFileName()}");
        await File.WriteAllTextAsync(draft, JsonSerializer.Serialize(key), cancellationToken);
        return draft;
    }
}
