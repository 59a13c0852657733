using System.Globalization;
using IdentityProvider.Protocol.Keys;

namespace IdentityProvider.Storage.Keys;

/// <summary>One JSON file per key. Its name says algorithm and generation, so processes that start together agree on one key for each.</summary>
internal sealed class FileSigningKeyStore(string directory) : ISigningKeyStore
{
    public async Task<IReadOnlyList<StoredSigningKey>> LoadAsync(CancellationToken cancellationToken)
    {
        if (!Directory.Exists(directory))
        {
            return [];
        }

        var keys = new List<StoredSigningKey>();
        foreach (var path in Directory.EnumerateFiles(directory, "signing-*.json"))
        {
            keys.Add(await JsonFile.ReadAsync<StoredSigningKey>(path, cancellationToken));
        }

        return [.. keys.OrderBy(key => key.Algorithm, StringComparer.Ordinal).ThenBy(key => key.Generation)];
    }

    public Task<bool> TryAddAsync(StoredSigningKey key, CancellationToken cancellationToken) =>
        JsonFile.TryCreateAsync(PathOf(key), key, cancellationToken);

    public async Task UpdateAsync(StoredSigningKey key, CancellationToken cancellationToken)
    {
        if ((await JsonFile.ReadAsync<StoredSigningKey>(PathOf(key), cancellationToken)).RetiredAt is null)
        {
            await JsonFile.ReplaceAsync(PathOf(key), key, cancellationToken);
        }
    }

    private string PathOf(StoredSigningKey key) =>
        Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"signing-{key.Algorithm}-{key.Generation}.json"));
}
