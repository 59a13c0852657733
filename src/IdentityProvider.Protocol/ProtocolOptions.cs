namespace IdentityProvider.Protocol;

/// <summary>What the protocol must know of the installation.</summary>
public sealed record ProtocolOptions
{
    /// <summary>The issuer identifier (RFC 8414 §2), without a trailing slash: the base of every URL that we publish.</summary>
    public string Issuer { get; set; } = "";

    /// <summary>Development: clients on loopback may be called, also by http.</summary>
    public bool IsDevelopment { get; set; }

    /// <summary>The languages of the pages (BCP 47), for <c>ui_locales_supported</c>.</summary>
    public IReadOnlyList<string> UiLocales { get; set; } = [];

    /// <summary>Whether there is a check-session frame, and <c>session_state</c> in answers (OpenID Connect Session Management).</summary>
    public bool CheckSession { get; set; }

    /// <summary>Whether browsers reach us by https: cookies are then Secure and carry the <c>__Host-</c> prefix.</summary>
    public bool IsSecure => Issuer.StartsWith("https://", StringComparison.Ordinal);
}
