using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace IdentityProvider.Protocol.Tokens;

/// <summary>Opaque 256-bit handles: authorization codes, reference tokens, interactions. The store knows their SHA-256 only.</summary>
internal static class Handles
{
    private const int Size = 32;

    public static string Create() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Size));

    /// <summary>The hash under which the store knows any presented string, well-formed or not.</summary>
    public static byte[] Hash(string handle) => SHA256.HashData(Encoding.UTF8.GetBytes(handle));
}
