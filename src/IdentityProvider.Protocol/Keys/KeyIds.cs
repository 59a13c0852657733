using System.Buffers.Text;
using System.Security.Cryptography;

namespace IdentityProvider.Protocol.Keys;

/// <summary>Key ids: a hash of the public key, so that two keys never share one.</summary>
internal static class KeyIds
{
    private const int Size = 15;

    public static string Of(byte[] publicKey) => Base64Url.EncodeToString(SHA256.HashData(publicKey).AsSpan(0, Size));
}
