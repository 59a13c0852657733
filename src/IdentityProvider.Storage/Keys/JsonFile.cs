using System.Security.Cryptography;
using System.Text.Json;

namespace IdentityProvider.Storage.Keys;

/// <summary>
/// Files that come into being complete, under their final name at once, and readable by their owner only: written aside, then moved.
/// </summary>
internal static class JsonFile
{
    /// <summary>False when the file exists: another process was first.</summary>
    public static async Task<bool> TryCreateAsync<T>(string path, T content, CancellationToken cancellationToken)
    {
        var draft = await WriteDraftAsync(path, content, cancellationToken);
        try
        {
            return FileClaim.TryName(draft, path);
        }
        finally
        {
            File.Delete(draft);
        }
    }

    public static async Task ReplaceAsync<T>(string path, T content, CancellationToken cancellationToken) =>
        File.Move(await WriteDraftAsync(path, content, cancellationToken), path, overwrite: true);

    public static async Task<T> ReadAsync<T>(string path, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        return await JsonSerializer.DeserializeAsync<T>(file, cancellationToken: cancellationToken)
            ?? throw new InvalidOperationException($"The file {path} is empty.");
    }

    private static async Task<string> WriteDraftAsync<T>(string path, T content, CancellationToken cancellationToken)
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        Directory.CreateDirectory(directory);
        var draft = Path.Combine(directory, $".{RandomNumberGenerator.GetHexString(16, lowercase: true)}.draft");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        await using var file = new FileStream(draft, options);
        await JsonSerializer.SerializeAsync(file, content, cancellationToken: cancellationToken);
        file.Flush(flushToDisk: true);
        return draft;
    }
}
