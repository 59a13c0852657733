namespace IdentityProvider.Protocol.Keys;

/// <summary>The JWS algorithms (RFC 7518 §3.1) that we sign with. Both always have an active key.</summary>
public static class SigningAlgorithms
{
    /// <summary>RSASSA-PKCS1-v1_5 with SHA-256: OpenID Connect's default for ID tokens.</summary>
    public const string RS256 = "RS256";

    /// <summary>ECDSA on P-256 with SHA-256: a tenth of the cost, so the default for access tokens.</summary>
    public const string ES256 = "ES256";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [RS256, ES256];
}
