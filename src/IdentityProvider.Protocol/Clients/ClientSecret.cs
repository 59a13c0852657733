namespace IdentityProvider.Protocol.Clients;

/// <summary>A shared secret, held as the base64 of its SHA-256. Secrets are random, so a fast hash suffices.</summary>
public sealed record ClientSecret
{
    /// <summary>Base64 of the SHA-256 of the secret's UTF-8 bytes.</summary>
    public string Value { get; init; } = "";

    /// <summary>What the secret is for; operators only.</summary>
    public string? Description { get; init; }

    /// <summary>From when on the secret is refused; absent: never.</summary>
    public DateTimeOffset? Expiration { get; init; }
}
