namespace IdentityProvider.Hosting.Configuration;

/// <summary>What may be an issuer: RFC 8414 §2 wants https without query or fragment.</summary>
internal static class IssuerRules
{
    /// <exception cref="ConfigurationException">It is none.</exception>
    public static Uri Read(string? value, bool development, bool httpAllowed)
    {
        if (string.IsNullOrWhiteSpace(value))
        {
            throw new ConfigurationException("Issuer is not set. Set it to the https address under which people and clients reach this server, such as https://id.example.com.");
        }

        if (!Uri.TryCreate(value, UriKind.Absolute, out var issuer) || issuer.Scheme is not ("http" or "https"))
        {
            throw new ConfigurationException($"Issuer '{value}' is not an absolute https address.");
        }

        // Tokens carry the issuer as a string that clients compare octet by octet, so only one spelling is accepted.
        if (value != issuer.GetLeftPart(UriPartial.Authority))
        {
            throw new ConfigurationException(
                $"Issuer '{value}' must be a scheme, a lower-case host and a port if it is unusual, without path, query or final slash, as in "
                + $"{issuer.GetLeftPart(UriPartial.Authority)}. An issuer below a path is not supported: give the server a host name of its own.");
        }

        if (issuer.Scheme == Uri.UriSchemeHttp && !(development && issuer.IsLoopback) && !httpAllowed)
        {
            throw new ConfigurationException(
                $"Issuer '{value}' is not https. Set it to an https address (TLS may end at a proxy in front), "
                + "or say Production:Allow=HttpIssuer if tokens may cross this network in the clear.");
        }

        return issuer;
    }
}
