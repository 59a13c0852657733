namespace IdentityProvider.Accounts.Factors;

/// <summary>The authentication context classes that sign-in here reaches, and the methods of RFC 8176 that we name.</summary>
public static class AuthenticationLevel
{
    /// <summary>A code by e-mail, which proves no more than access to a mailbox (NIST SP 800-63B-4 §3.1.3: no authenticator).</summary>
    public const string EmailCode = "0";

    /// <summary>One factor.</summary>
    public const string OneFactor = "1";

    /// <summary>Two factors.</summary>
    public const string TwoFactors = "2";

    /// <summary>A passkey that verified its user: two factors that no other site can be given.</summary>
    public const string PhishingResistant = "phr";

    internal const string Password = "pwd";
    internal const string OneTimePassword = "otp";
    internal const string MultipleFactors = "mfa";

    /// <summary>A sign-in at another provider. RFC 8176 has no word for it; this is the one that is in use.</summary>
    internal const string Federated = "fed";

    /// <summary>A private key and a gesture of its user; the key is bound to a device, or synced among several.</summary>
    internal static IReadOnlyList<string> Passkey(bool synced) => [synced ? "swk" : "hwk", "user", MultipleFactors];

    internal static IReadOnlyList<string> Join(IReadOnlyList<string> first, IReadOnlyList<string> second) => [.. first.Union(second, StringComparer.Ordinal)];
}
