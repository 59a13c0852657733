using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace IdentityProvider.Protocol.Upstream;

/// <summary>An ID token that holds.</summary>
internal sealed record UpstreamIdToken(string Issuer, string Subject, JsonElement Claims);

/// <summary>Validates ID tokens of other providers (OpenID Connect Core §3.1.3.7).</summary>
internal sealed class UpstreamIdTokens(UpstreamMetadata metadata, TimeProvider time)
{
    private const int LargestToken = 32 * 1024;
    private const string Tenant = "{tenantid}";

    /// <summary>Clocks of others may be a little wrong.</summary>
    public static readonly TimeSpan Skew = TimeSpan.FromMinutes(1);

    /// <summary>Asymmetric ones: a signature with the client secret would be one that anybody can make who has read our configuration.</summary>
    private static readonly string[] s_algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    private readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = LargestToken, MapInboundClaims = false };

    /// <summary>The token, or why it is not accepted.</summary>
    public async Task<(UpstreamIdToken? Token, string? Reason)> ValidateAsync(
        UpstreamProvider provider, UpstreamConfiguration configuration, string idToken, string accessToken, string nonce, CancellationToken cancellationToken)
    {
        if (Read(idToken) is not { } unverified)
        {
            return Refuse("it is no JWT");
        }

        // §3.1.3.7, 6 to 8: the signature, by an algorithm that we accept and a key that the provider publishes.
        var key = await metadata.FindKeyAsync(provider, unverified.Kid, cancellationToken);
        var result = key is null ? null : await _handler.ValidateTokenAsync(idToken, new TokenValidationParameters
        {
            ValidateIssuer = false, // below: it may be a template
            ValidAlgorithms = s_algorithms,
            IssuerSigningKey = key,
            TryAllIssuerSigningKeys = false,

            // 3: for us.
            ValidAudience = provider.ClientId,

            // 9: of now.
            LifetimeValidator = (notBefore, expires, _, _) => IsNow(notBefore, expires),
        });
        if (result is not { IsValid: true, SecurityToken: JsonWebToken token })
        {
            return Refuse(key is null ? $"there is no key '{unverified.Kid}'" : result!.Exception?.Message ?? "it does not hold");
        }

        using var document = JsonDocument.Parse(Base64UrlEncoder.DecodeBytes(token.EncodedPayload));
        var claims = document.RootElement.Clone();

        // 2: the issuer.
        if (UpstreamClaims.Text(claims, "iss") is not { } issuer || issuer != ExpectedIssuer(configuration, claims))
        {
            return Refuse("iss is another issuer");
        }

        // 4 and 5: among several audiences, the party that asked must be us.
        var authorized = UpstreamClaims.Text(claims, "azp");
        if (authorized is null ? token.Audiences.Skip(1).Any() : authorized != provider.ClientId)
        {
            return Refuse("azp is another party, or absent with several audiences");
        }

        // 11: made for this very request.
        if (!Equal(UpstreamClaims.Text(claims, "nonce"), nonce))
        {
            return Refuse("nonce is not the one of the request");
        }

        // §3.1.3.8: bound to the access token.
        if (claims.TryGetProperty("at_hash", out _) && !Equal(UpstreamClaims.Text(claims, "at_hash"), LeftHalfHash(token.Alg, accessToken)))
        {
            return Refuse("at_hash is of another access token");
        }

        return UpstreamClaims.Text(claims, "sub", UpstreamClaims.LongestSubject) is { } subject
            ? (new UpstreamIdToken(issuer, subject, claims), null)
            : Refuse("sub is absent or too long");
    }

    /// <summary>Whether this is the issuer of a multi-tenant document of that authority.</summary>
    public static bool IsTenantTemplate(string issuer, string authority) =>
        issuer.Contains(Tenant, StringComparison.Ordinal)
        && Uri.TryCreate(issuer.Replace(Tenant, "tenant", StringComparison.Ordinal), UriKind.Absolute, out var template)
        && template.GetLeftPart(UriPartial.Authority) == new Uri(authority).GetLeftPart(UriPartial.Authority);

    /// <summary>Whether this issuer is the template with a tenant in it.</summary>
    public static bool FitsTemplate(string template, string issuer) =>
        template.Split(Tenant) is [var head, var tail]
        && issuer.Length > head.Length + tail.Length && issuer.StartsWith(head, StringComparison.Ordinal) && issuer.EndsWith(tail, StringComparison.Ordinal)
        && Guid.TryParseExact(issuer[head.Length..^tail.Length], "D", out _);

    /// <summary>For a template, the tenant of the token itself: with the subject it then names one account of one tenant.</summary>
    private static string? ExpectedIssuer(UpstreamConfiguration configuration, JsonElement claims) =>
        !configuration.Issuer.Contains(Tenant, StringComparison.Ordinal) ? configuration.Issuer
        : Guid.TryParseExact(UpstreamClaims.Text(claims, "tid"), "D", out var tenant) ? configuration.Issuer.Replace(Tenant, tenant.ToString("D"), StringComparison.Ordinal)
        : null;

    private static JsonWebToken? Read(string token)
    {
        try
        {
            return token.Length <= LargestToken ? new JsonWebToken(token) : null;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private bool IsNow(DateTime? notBefore, DateTime? expires)
    {
        var now = time.GetUtcNow().UtcDateTime;
        return expires > now - Skew && (notBefore is null || notBefore <= now + Skew);
    }

    private static string LeftHalfHash(string algorithm, string accessToken)
    {
        var bytes = Encoding.ASCII.GetBytes(accessToken);
        var hash = algorithm[2..] switch
        {
            "384" => SHA384.HashData(bytes),
            "512" => SHA512.HashData(bytes),
            _ => SHA256.HashData(bytes),
        };
        return Base64UrlEncoder.Encode(hash, 0, hash.Length / 2);
    }

    private static bool Equal(string? one, string other) =>
        one is not null && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(one), Encoding.UTF8.GetBytes(other));

    private static (UpstreamIdToken? Token, string? Reason) Refuse(string reason) => (null, reason);
}
