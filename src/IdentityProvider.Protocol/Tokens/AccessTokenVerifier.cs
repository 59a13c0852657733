using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IdentityProvider.Protocol.Grants;
using IdentityProvider.Protocol.Keys;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace IdentityProvider.Protocol.Tokens;

/// <summary>An access token of ours whose origin is proven; whether it is alive is another question.</summary>
internal sealed record VerifiedAccessToken
{
    public required AccessTokenReference Reference { get; init; }

    public required string Subject { get; init; }

    public required IReadOnlyList<string> Scopes { get; init; }

    public required IReadOnlyList<string> Audiences { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The claims set, as UTF-8 JSON.</summary>
    public required byte[] Claims { get; init; }

    /// <summary>Reads the claims set of one of our access tokens; null when it is none.</summary>
    public static VerifiedAccessToken? Read(byte[] claims)
    {
        using var document = JsonDocument.Parse(claims);
        var root = document.RootElement;
        if (TokenIds.Decode(Text(root, "jti")) is not { } id || Text(root, "client_id") is not { } clientId
            || Text(root, "sub") is not { } subject || !root.TryGetProperty("exp", out var exp))
        {
            return null;
        }

        var audience = root.GetProperty("aud");
        return new VerifiedAccessToken
        {
            Reference = new AccessTokenReference(TokenIds.GrantOf(id), id, clientId),
            Subject = subject,
            Scopes = Text(root, "scope")?.Split(' ') ?? [],
            Audiences = audience.ValueKind == JsonValueKind.Array
                ? [.. audience.EnumerateArray().Select(item => item.GetString()!)]
                : [audience.GetString()!],
            ExpiresAt = DateTimeOffset.FromUnixTimeSeconds(exp.GetInt64()),
            Claims = claims,
        };
    }

    private static string? Text(JsonElement root, string name) => root.TryGetProperty(name, out var value) ? value.GetString() : null;
}

/// <summary>
/// Verifies the JWT access tokens that we issued (RFC 9068 §4). The result of a signature verification is remembered, by the hash of
/// the whole token and within bounds; whether the key is still published, and whether the token is alive, is judged each time.
/// </summary>
internal sealed class AccessTokenVerifier(SigningKeys keys, IOptions<ProtocolOptions> options)
{
    private const int LargestToken = 16384;
    private const int GenerationSize = 10_000;

    private readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = LargestToken };
    private readonly string _issuer = options.Value.Issuer;
    private Generation _young = new();
    private Generation _old = new();

    public async ValueTask<VerifiedAccessToken?> VerifyAsync(string token)
    {
        if (token.Length > LargestToken)
        {
            return null;
        }

        var key = new TokenHash(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
        if (_young.TryGetValue(key, out var entry) || _old.TryGetValue(key, out entry))
        {
            return keys.Current.FindPublished(entry.KeyId) is null ? null : entry.Token;
        }

        if (await VerifySignatureAsync(token) is not { } verified)
        {
            return null;
        }

        if (_young.Count >= GenerationSize)
        {
            _old = _young;
            _young = new Generation();
        }

        _young[key] = verified;
        return verified.Token;
    }

    private async Task<Entry?> VerifySignatureAsync(string token)
    {
        var result = await _handler.ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = _issuer,
            ValidTypes = ["at+jwt"],
            ValidAlgorithms = SigningAlgorithms.All,
            ValidateAudience = false,
            ValidateLifetime = false, // judged by the database's clock, with the token's liveness
            IssuerSigningKeyResolver = (_, _, keyId, _) =>
                keyId is not null && keys.Current.FindPublished(keyId) is { } key ? [key.VerificationKey] : [],
            TryAllIssuerSigningKeys = false,
        });
        if (!result.IsValid || result.SecurityToken is not JsonWebToken jwt)
        {
            return null;
        }

        return VerifiedAccessToken.Read(Base64UrlEncoder.DecodeBytes(jwt.EncodedPayload)) is { } verified ? new Entry(jwt.Kid, verified) : null;
    }

    private sealed record Entry(string KeyId, VerifiedAccessToken Token);

    private sealed class Generation : ConcurrentDictionary<TokenHash, Entry>;

    private readonly record struct TokenHash(UInt128 Left, UInt128 Right)
    {
        public TokenHash(byte[] hash)
            : this(BitConverter.ToUInt128(hash), BitConverter.ToUInt128(hash, 16))
        {
        }
    }
}
