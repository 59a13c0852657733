using IdentityProvider.Protocol.Clients;

namespace IdentityProvider.Hosting.Seeding;

/// <summary>What a stored secret must be.</summary>
internal static class SecretRules
{
    private const int Sha256Size = 32;

    /// <summary>Hashes of secrets that everybody tries first.</summary>
    private static readonly HashSet<string> Guessable =
    [
        .. new[]
        {
            "", "secret", "password", "changeme", "change-me", "change_me", "test", "demo", "admin", "client-secret", "client_secret", "clientsecret",
            "supersecret", "super-secret", "secret123", "password123", "123456", "12345678", "letmein", "placeholder", "web-secret", "machine-secret",
            "partner-secret", "api-secret",
        }.Select(SeedJson.Hash),
    ];

    public static IEnumerable<string> Problems<T>(Located<T> located, string property, IReadOnlyList<ClientSecret> secrets)
    {
        var buffer = new byte[64];
        return secrets.Index()
            .Where(secret => !Convert.TryFromBase64String(secret.Item.Value, buffer, out var length) || length != Sha256Size)
            .Select(secret => located.Problem("Value must be the base64 of a SHA-256 (`idp secret generate` prints one).", $"{property}[{secret.Index}]"));
    }

    /// <summary>A hash hides its secret, but not one that can be guessed: common ones, and the name itself.</summary>
    public static IEnumerable<string> Weak<T>(Located<T> located, string property, string name, IReadOnlyList<ClientSecret> secrets)
    {
        string[] ofName = [SeedJson.Hash(name), SeedJson.Hash(name + "-secret"), SeedJson.Hash(name + "_secret"), SeedJson.Hash(name + "secret")];
        return secrets.Index()
            .Where(secret => Guessable.Contains(secret.Item.Value) || ofName.Contains(secret.Item.Value))
            .Select(secret => located.Problem("this secret can be guessed. Replace it (`idp secret generate`).", $"{property}[{secret.Index}]"));
    }
}
