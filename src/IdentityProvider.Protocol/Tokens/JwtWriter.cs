using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IdentityProvider.Protocol.Keys;

namespace IdentityProvider.Protocol.Tokens;

/// <summary>Writes a signed JWT in compact serialisation (RFC 7515 §7.1).</summary>
internal static class JwtWriter
{
    private const int LargestSignature = 512;

    private static readonly JsonWriterOptions s_options = new() { SkipValidation = true };

    /// <param name="key">The key that signs; its id and algorithm go into the header.</param>
    /// <param name="type">The <c>typ</c> header: <c>at+jwt</c>, <c>JWT</c>, …</param>
    /// <param name="state">Handed to <paramref name="writeClaims"/>.</param>
    /// <param name="writeClaims">Writes the members of the claims set.</param>
    public static string Write<TState>(SigningKey key, string type, TState state, Action<Utf8JsonWriter, TState> writeClaims)
    {
        var claims = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(claims, s_options))
        {
            json.WriteStartObject();
            writeClaims(json, state);
            json.WriteEndObject();
        }

        // Key ids and types are ours: nothing in them needs escaping.
        var header = Encoding.ASCII.GetBytes($$"""{"alg":"{{key.Algorithm}}","kid":"{{key.KeyId}}","typ":"{{type}}"}""");
        var signingInputLength = Base64Url.GetEncodedLength(header.Length) + 1 + Base64Url.GetEncodedLength(claims.WrittenCount);
        var capacity = signingInputLength + 1 + Base64Url.GetEncodedLength(LargestSignature);
        var buffer = ArrayPool<byte>.Shared.Rent(capacity);
        try
        {
            var position = Base64Url.EncodeToUtf8(header, buffer);
            buffer[position++] = (byte)'.';
            position += Base64Url.EncodeToUtf8(claims.WrittenSpan, buffer.AsSpan(position));

            Span<byte> signature = stackalloc byte[LargestSignature];
            var signatureLength = key.Sign(buffer.AsSpan(0, position), signature);
            buffer[position++] = (byte)'.';
            position += Base64Url.EncodeToUtf8(signature[..signatureLength], buffer.AsSpan(position));
            return Encoding.ASCII.GetString(buffer, 0, position);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary><c>at_hash</c> and <c>c_hash</c> for RS256 and ES256 (OpenID Connect Core §3.1.3.6).</summary>
    public static string LeftHalfHash(string value) =>
        Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(value)).AsSpan(0, 16));
}
