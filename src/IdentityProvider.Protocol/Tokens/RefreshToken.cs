using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using IdentityProvider.Protocol.Keys;

namespace IdentityProvider.Protocol.Tokens;

/// <summary>A refresh token: family, generation and secret.</summary>
internal sealed record RefreshToken(Guid FamilyId, int Generation, byte[] Secret)
{
    public byte[] SecretHash => SHA256.HashData(Secret);
}

/// <summary>
/// Writes and reads refresh tokens: family id, generation, 256-bit secret, and a MAC over them and the client. The MAC refuses garbage
/// without a round trip, and proves that an old generation is genuine, so that no history needs to be kept.
/// </summary>
internal sealed class RefreshTokenCodec(RootKey root)
{
    private const int SecretSize = 32;
    private const int MacSize = 16;
    private const int SecretOffset = 16 + sizeof(int);
    private const int MacOffset = SecretOffset + SecretSize;
    private const int Size = MacOffset + MacSize;

    private readonly byte[] _macKey = root.Derive("refresh-token-mac");

    public static RefreshToken First(Guid familyId) => new(familyId, 1, RandomNumberGenerator.GetBytes(SecretSize));

    public static RefreshToken SuccessorOf(RefreshToken token) =>
        token with { Generation = token.Generation + 1, Secret = RandomNumberGenerator.GetBytes(SecretSize) };

    public string Encode(RefreshToken token, string clientId)
    {
        Span<byte> bytes = stackalloc byte[Size];
        token.FamilyId.TryWriteBytes(bytes, bigEndian: true, out _);
        BinaryPrimitives.WriteInt32BigEndian(bytes[16..], token.Generation);
        token.Secret.CopyTo(bytes[SecretOffset..]);
        Mac(bytes[..MacOffset], clientId, bytes[MacOffset..]);
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>The genuine token that was issued to this client, or null.</summary>
    public RefreshToken? Decode(string encoded, string clientId)
    {
        Span<byte> bytes = stackalloc byte[Size];
        if (encoded.Length != Base64Url.GetEncodedLength(Size)
            || !Base64Url.IsValid(encoded) || !Base64Url.TryDecodeFromChars(encoded, bytes, out var length) || length != Size)
        {
            return null;
        }

        Span<byte> mac = stackalloc byte[MacSize];
        Mac(bytes[..MacOffset], clientId, mac);
        return CryptographicOperations.FixedTimeEquals(mac, bytes[MacOffset..])
            ? new RefreshToken(
                new Guid(bytes[..16], bigEndian: true),
                BinaryPrimitives.ReadInt32BigEndian(bytes[16..]),
                bytes[SecretOffset..MacOffset].ToArray())
            : null;
    }

    /// <summary>
    /// Seals the successor's secret under the presented one: the row then holds nothing that opens without a token that was handed out.
    /// </summary>
    public static byte[] SealSuccessor(RefreshToken presented, RefreshToken successor, string clientId) =>
        AeadBox.Seal(SealingKey(presented), successor.Secret, Context(presented, clientId));

    /// <summary>Opens what <see cref="SealSuccessor"/> sealed; null when it was sealed under another token.</summary>
    public static RefreshToken? OpenSuccessor(RefreshToken presented, byte[] box, string clientId) =>
        AeadBox.TryOpen(SealingKey(presented), box, Context(presented, clientId)) is { } secret
            ? presented with { Generation = presented.Generation + 1, Secret = secret }
            : null;

    private static byte[] SealingKey(RefreshToken presented) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, presented.Secret, 32, info: "idp:refresh-token-successor"u8.ToArray());

    private static byte[] Context(RefreshToken presented, string clientId) =>
        Encoding.UTF8.GetBytes($"{presented.FamilyId:N}.{presented.Generation}.{clientId}");

    private void Mac(ReadOnlySpan<byte> content, string clientId, Span<byte> mac)
    {
        var client = Encoding.UTF8.GetBytes(clientId);
        var input = new byte[content.Length + client.Length];
        content.CopyTo(input);
        client.CopyTo(input, content.Length);
        Span<byte> full = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_macKey, input, full);
        full[..MacSize].CopyTo(mac);
    }
}
