using System.Security.Cryptography;
using System.Text;

namespace IdentityProvider.Protocol.Keys;

/// <summary>
/// The installation's own random key. Every other key (sealing of signing keys, of the data-protection ring, MACs of refresh tokens,
/// per-client session ids) is derived from it by HKDF (RFC 5869) with a purpose of its own.
/// </summary>
public sealed class RootKey
{
    private readonly byte[] _bytes;

    internal RootKey(byte[] bytes) => _bytes = bytes;

    internal ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>A new random root key.</summary>
    public static RootKey Create() => new(RandomNumberGenerator.GetBytes(32));

    /// <summary>A 32-byte subkey for one purpose.</summary>
    public byte[] Derive(string purpose) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _bytes, 32, info: Encoding.UTF8.GetBytes("idp:" + purpose));

    /// <summary>Encrypts and authenticates for one purpose; <paramref name="context"/> must be the same when opened.</summary>
    public byte[] Seal(string purpose, ReadOnlySpan<byte> plaintext, string context) =>
        AeadBox.Seal(Derive(purpose), plaintext, Encoding.UTF8.GetBytes(context));

    /// <summary>Opens what <see cref="Seal"/> made.</summary>
    /// <exception cref="CryptographicException">It was sealed under another root key, purpose or context, or was changed.</exception>
    public byte[] Open(string purpose, ReadOnlySpan<byte> box, string context) =>
        AeadBox.TryOpen(Derive(purpose), box, Encoding.UTF8.GetBytes(context))
        ?? throw new CryptographicException($"The stored {purpose} does not open under this installation's root key.");
}
