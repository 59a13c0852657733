using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace IdentityProvider.Tests.Support;

/// <summary>Takes JWTs apart and puts forged ones together.</summary>
internal static class Jwt
{
    public static JsonElement Header(string token) => Part(token, 0);

    public static JsonElement Claims(string token) => Part(token, 1);

    /// <summary>The same claims under <c>alg</c> <c>none</c>, without a signature.</summary>
    public static string Unsigned(string token) => $"{Encode("""{"alg":"none","typ":"JWT"}""")}.{token.Split('.')[1]}.";

    /// <summary>The same header and claims, signed by a key of the forger.</summary>
    public static string SignedByStranger(string token)
    {
        using var key = RSA.Create(2048);
        var content = token[..token.LastIndexOf('.')];
        return $"{content}.{Base64Url.EncodeToString(key.SignData(Encoding.ASCII.GetBytes(content), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))}";
    }

    /// <summary>Other claims under the old signature.</summary>
    public static string WithClaim(string token, string name, string value)
    {
        var claims = JsonNode.Parse(Base64Url.DecodeFromChars(token.Split('.')[1]))!;
        claims[name] = value;
        var parts = token.Split('.');
        return $"{parts[0]}.{Encode(claims.ToJsonString())}.{parts[2]}";
    }

    /// <summary><c>at_hash</c> (OpenID Connect Core §3.1.3.6) for algorithms with SHA-256.</summary>
    public static string LeftHalf(string value) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(value)).AsSpan(0, 16));

    /// <summary>A claim that is a string or an array of strings.</summary>
    public static string[] Strings(JsonElement claims, string name) => claims.GetProperty(name) is { ValueKind: JsonValueKind.Array } array
        ? [.. array.EnumerateArray().Select(item => item.GetString()!)]
        : [claims.GetProperty(name).GetString()!];

    private static JsonElement Part(string token, int index) =>
        JsonDocument.Parse(Base64Url.DecodeFromChars(token.Split('.')[index])).RootElement;

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
