namespace IdentityProvider.Hosting.Seeding;

/// <summary>Which addresses a client may register.</summary>
internal static class UriRules
{
    private const int Longest = 2000;

    /// <summary>What is wrong with a redirect URI (RFC 6749 §3.1.2, RFC 8252 §7, RFC 9700 §2.1); null: nothing.</summary>
    public static string? RedirectProblem(string value, bool native, bool demo)
    {
        if (!TryParse(value, out var uri))
        {
            return "this must be an absolute URI in ASCII, of 2000 characters at most.";
        }

        if (value.Contains('#', StringComparison.Ordinal))
        {
            return "a fragment is not allowed (RFC 6749 section 3.1.2).";
        }

        if (uri.UserInfo.Length > 0)
        {
            return "user information is not allowed: it hides where the address leads.";
        }

        return uri.Scheme switch
        {
            "https" => null,
            "http" when !uri.IsLoopback => "http is allowed on loopback only. Use https.",
            "http" when native || demo => null,
            "http" => "http on loopback is for native clients, and for web clients in Development. Use https, or ApplicationType native.",
            _ when !native => "a scheme of an app needs ApplicationType native.",
            _ when !uri.Scheme.Contains('.', StringComparison.Ordinal) =>
                "the scheme of an app must be a domain name in reverse, such as com.example.app (RFC 8252 section 7.1).",
            _ => null,
        };
    }

    /// <summary>What is wrong with a page of the client; null: nothing.</summary>
    public static string? PageProblem(string? value, bool demo) =>
        value is null || (TryParse(value, out var uri) && (uri.Scheme == "https" || (uri.Scheme == "http" && (demo || uri.IsLoopback))))
            ? null
            : "this must be an absolute https URI.";

    /// <summary>What is wrong with an address that is called at logout (OpenID Connect Back-Channel Logout §2.2, Front-Channel Logout §2); null: nothing.</summary>
    public static string? LogoutProblem(string? value, bool demo) =>
        value is null
        || (TryParse(value, out var uri)
            && (uri.Scheme == "https" || (uri.Scheme == "http" && uri.IsLoopback && demo))
            && uri.UserInfo.Length == 0
            && !value.Contains('#', StringComparison.Ordinal))
            ? null
            : "this must be an absolute https URI without a fragment (http on loopback in Development only).";

    /// <summary>Whether two addresses have scheme, host and port in common.</summary>
    public static bool HaveOneOrigin(string one, string other) =>
        TryParse(one, out var first) && TryParse(other, out var second)
        && Uri.Compare(first, second, UriComponents.SchemeAndServer | UriComponents.StrongPort, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) == 0;

    /// <summary>What is wrong with an origin, as browsers send it (RFC 6454 §6.2); null: nothing.</summary>
    public static string? OriginProblem(string value, bool demo) =>
        TryParse(value, out var uri)
        && (uri.Scheme == "https" || (uri.Scheme == "http" && uri.IsLoopback && demo))
        && value == uri.GetLeftPart(UriPartial.Authority)
            ? null
            : "an origin is https://host or https://host:port, in lower case, without a path (http on loopback in Development only).";

    private static bool TryParse(string value, out Uri uri) =>
        Uri.TryCreate(value, UriKind.Absolute, out uri!)
        && value.Length <= Longest
        && value.All(character => character is > ' ' and < (char)0x7F)
        && value.StartsWith(uri.Scheme + ":", StringComparison.OrdinalIgnoreCase);
}
