using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using IdentityProvider.Protocol.Keys;

namespace IdentityProvider.Storage.Keys;

/// <summary>
/// One JSON file per key, readable by its owner only. A file comes into being complete and under its final name at once (written aside,
/// then linked there), so that processes that start together agree on one key per generation, and no reader sees half a file.
/// </summary>
internal sealed class FileSigningKeyStore(string directory) : ISigningKeyStore
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public async Task<IReadOnlyList<StoredSigningKey>> LoadAsync(CancellationToken cancellationToken)
    {
        if (!Directory.Exists(directory))
        {
            return [];
        }

        var keys = new List<StoredSigningKey>();
        foreach (var path in Directory.EnumerateFiles(directory, "signing-*.json"))
        {
            await using var file = File.OpenRead(path);
            keys.Add(await JsonSerializer.DeserializeAsync<StoredSigningKey>(file, cancellationToken: cancellationToken)
                ?? throw new InvalidDataException($"The signing key file {path} holds no key."));
        }

        return [.. keys.OrderBy(key => key.Algorithm, StringComparer.Ordinal).ThenBy(key => key.Generation)];
    }

    public async Task<bool> TryAddAsync(StoredSigningKey key, CancellationToken cancellationToken)
    {
        var path = PathOf(key);
        var draft = await WriteDraftAsync(key, cancellationToken);
        try
        {
            // Without overwriting, a move is link(2) and unlink(2): it fails when another process was first.
            File.Move(draft, path, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }
        finally
        {
            File.Delete(draft);
        }
    }

    public async Task UpdateAsync(StoredSigningKey key, CancellationToken cancellationToken)
    {
        var path = PathOf(key);
        var draft = await WriteDraftAsync(key, cancellationToken);
        File.Move(draft, path, overwrite: true);
    }

    private string PathOf(StoredSigningKey key) =>
        Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"signing-{key.Algorithm}-{key.Generation}.json"));

    private async Task<string> WriteDraftAsync(StoredSigningKey key, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, $".{RandomNumberGenerator.GetHexString(16, lowercase: true)}.draft");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        await using var file = new FileStream(path, options);
        await JsonSerializer.SerializeAsync(file, key, cancellationToken: cancellationToken);
        file.Flush(flushToDisk: true);
        return path;
    }
}
