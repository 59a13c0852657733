using System.Buffers.Text;
using System.Security.Cryptography;

namespace IdentityProvider.Protocol.Tokens;

/// <summary>
/// The <c>jti</c> of access tokens: 16 random bytes, after the 16 bytes of the grant that the token comes from, if any.
/// So a token names its grant, whose liveness introspection and userinfo judge, without a claim of its own.
/// </summary>
internal static class TokenIds
{
    private const int GuidSize = 16;
    private const int RandomSize = 16;

    public static byte[] Create(Guid? grantId)
    {
        var random = RandomNumberGenerator.GetBytes(RandomSize);
        return grantId is { } id ? [.. id.ToByteArray(bigEndian: true), .. random] : random;
    }

    public static string Encode(byte[] id) => Base64Url.EncodeToString(id);

    public static byte[]? Decode(string? encoded)
    {
        if (encoded is null || encoded.Length > Base64Url.GetEncodedLength(GuidSize + RandomSize) || !Base64Url.IsValid(encoded))
        {
            return null;
        }

        var id = Base64Url.DecodeFromChars(encoded);
        return id.Length is RandomSize or GuidSize + RandomSize ? id : null;
    }

    public static Guid? GrantOf(byte[] id) =>
        id.Length == GuidSize + RandomSize ? new Guid(id.AsSpan(0, GuidSize), bigEndian: true) : null;
}
