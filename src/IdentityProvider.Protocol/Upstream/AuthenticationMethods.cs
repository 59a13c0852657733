namespace IdentityProvider.Protocol.Upstream;

/// <summary>The authentication methods of RFC 8176 §2, to tell them from words of a provider's own.</summary>
internal static class AuthenticationMethods
{
    private static readonly string[] s_registered =
    [
        "face", "fpt", "geo", "hwk", "iris", "kba", "mca", "mfa", "otp", "pin", "pwd", "rba", "retina", "sc", "sms", "swk", "tel", "user", "vbm", "wia",
    ];

    public static IReadOnlyList<string> Known(IReadOnlyList<string> methods) => [.. methods.Where(s_registered.Contains).Distinct(StringComparer.Ordinal)];
}
