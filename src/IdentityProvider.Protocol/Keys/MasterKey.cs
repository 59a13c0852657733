using System.Security.Cryptography;

namespace IdentityProvider.Protocol.Keys;

/// <summary>The operator's 32-byte key. It wraps the root key and nothing else.</summary>
public sealed class MasterKey
{
    /// <summary>Bytes of a master key.</summary>
    public const int Size = 32;

    private readonly byte[] _key;

    private MasterKey(byte[] key)
    {
        _key = key;
        Id = Convert.ToHexStringLower(HKDF.DeriveKey(HashAlgorithmName.SHA256, key, 8, info: "idp:master-key-id"u8.ToArray()));
    }

    /// <summary>Tells master keys apart without giving them away.</summary>
    public string Id { get; }

    /// <summary>Reads the base64 of 32 bytes.</summary>
    /// <exception cref="FormatException">It is something else, or not random.</exception>
    public static MasterKey Parse(string base64)
    {
        var key = Read(base64);
        return key.Distinct().Count() < 8 || key.All(octet => octet is >= 0x20 and < 0x7F) || IsSequence(key)
            ? throw new FormatException("The master key is not random: it repeats bytes, counts them up, or is a text.")
            : new MasterKey(key);
    }

    /// <summary>Reads one that is being replaced, which may be as weak as it was.</summary>
    /// <exception cref="FormatException">It is not the base64 of 32 bytes.</exception>
    public static MasterKey ParsePrevious(string base64) => new(Read(base64));

    private static byte[] Read(string base64)
    {
        ArgumentNullException.ThrowIfNull(base64);
        var buffer = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64.Trim(), buffer, out var length) || length != Size)
        {
            throw new FormatException("A master key is the base64 of exactly 32 bytes.");
        }

        return buffer[..Size];
    }

    private static bool IsSequence(byte[] key) => key.Zip(key.Skip(1), (one, next) => (byte)(next - one)).Distinct().Count() == 1;

    /// <summary>Makes a new one, as base64.</summary>
    public static string Generate() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(Size));

    /// <summary>Wraps the root key.</summary>
    public WrappedRootKey Wrap(RootKey root)
    {
        ArgumentNullException.ThrowIfNull(root);
        return new WrappedRootKey(Id, AeadBox.Seal(_key, root.Bytes, "idp:root-key"u8));
    }

    /// <summary>Opens the root key; null when this master key does not open it.</summary>
    public RootKey? TryUnwrap(WrappedRootKey wrapped)
    {
        ArgumentNullException.ThrowIfNull(wrapped);
        return AeadBox.TryOpen(_key, wrapped.WrappedKey, "idp:root-key"u8) is { } bytes ? new RootKey(bytes) : null;
    }
}
