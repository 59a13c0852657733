using System.Text;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Storage.Keys;
using Microsoft.Extensions.Configuration;

namespace IdentityProvider.Hosting.Configuration;

/// <summary>Reads master keys from a setting or a file, and makes one for Development.</summary>
internal static class MasterKeySource
{
    private const string DevelopmentFile = "master.key";

    /// <summary><c>MasterKey</c>, else <c>MasterKeyFile</c>, else the key in the directory, made once.</summary>
    /// <exception cref="ConfigurationException">There is none, or it is weak.</exception>
    public static MasterKey ReadCurrent(IConfiguration configuration, string? developmentDirectory) =>
        Read(configuration, "MasterKey", MasterKey.Parse)
        ?? (developmentDirectory is null ? null : ReadOrCreate(Path.Combine(developmentDirectory, DevelopmentFile)))
        ?? throw new ConfigurationException(
            "MasterKey is not set. It seals signing keys and the data-protection ring in the database. "
            + "Make one with `idp master-key generate`, keep it safe, and set MasterKey or MasterKeyFile.");

    /// <summary><c>PreviousMasterKey</c>, or <c>PreviousMasterKeyFile</c>; null when neither is set. A weak one has to be readable, to be replaced.</summary>
    /// <exception cref="ConfigurationException">It is no key, or the file cannot be read.</exception>
    public static MasterKey? ReadPrevious(IConfiguration configuration) => Read(configuration, "PreviousMasterKey", MasterKey.ParsePrevious);

    /// <summary>The setting of this name, or the file that the setting with <c>File</c> behind it names.</summary>
    private static MasterKey? Read(IConfiguration configuration, string name, Func<string, MasterKey> parse)
    {
        var path = configuration[name + "File"];
        if (configuration[name] is { Length: > 0 } value)
        {
            return string.IsNullOrEmpty(path)
                ? Parse(value, name, parse)
                : throw new ConfigurationException($"Both {name} and {name}File are set. Set one of them.");
        }

        return string.IsNullOrEmpty(path) ? null : Parse(ReadFile(path, name + "File"), name + "File", parse);
    }

    private static MasterKey Parse(string value, string name, Func<string, MasterKey> parse)
    {
        try
        {
            return parse(value);
        }
        catch (FormatException error)
        {
            throw new ConfigurationException($"{name} cannot be used: {error.Message} Make one with `idp master-key generate`.");
        }
    }

    private static string ReadFile(string path, string name)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"{name} cannot be read: {error.Message}");
        }
    }

    private static MasterKey ReadOrCreate(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (!File.Exists(path))
        {
            // Written aside and named when it is whole, so that processes starting at once agree on one complete file.
            var temporary = $"{path}.{Environment.ProcessId}";
            var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using (var file = new FileStream(temporary, options))
            {
                file.Write(Encoding.ASCII.GetBytes(MasterKey.Generate()));
            }

            FileClaim.TryName(temporary, path);
            File.Delete(temporary);
        }

        return Parse(File.ReadAllText(path), path, MasterKey.Parse);
    }
}
