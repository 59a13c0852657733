namespace IdentityProvider.Protocol.Clients;

/// <summary>Comparison of redirect URIs (RFC 9700 §4.1.3).</summary>
internal static class RedirectUris
{
    /// <summary>Exact strings; only the port of a native client's loopback address may differ (RFC 8252 §7.3).</summary>
    public static bool Matches(Client client, string presented) =>
        client.RedirectUris.Contains(presented)
        || (client.ApplicationType == ApplicationType.Native && client.RedirectUris.Any(registered => MatchesLoopback(registered, presented)));

    /// <summary>The source expression by which CSP <c>form-action</c> names where this URI leads.</summary>
    public static string CspSource(string uri)
    {
        var parsed = new Uri(uri);
        return parsed.Scheme is "http" or "https" ? parsed.GetLeftPart(UriPartial.Authority) : parsed.Scheme + ":";
    }

    /// <summary>What a person reads about where they go back to.</summary>
    public static string DisplayHost(string uri)
    {
        var parsed = new Uri(uri);
        return parsed.Scheme is "http" or "https" ? parsed.Authority : parsed.Scheme;
    }

    private static bool MatchesLoopback(string registered, string presented) =>
        TrySplit(registered, out var origin, out var rest)
        && TrySplit(presented, out var presentedOrigin, out var presentedRest)
        && origin == presentedOrigin
        && rest == presentedRest
        && Uri.TryCreate(presented, UriKind.Absolute, out _);

    /// <summary>Splits <c>http://127.0.0.1[:port]/rest</c>; the strings themselves are compared, so nothing is normalised.</summary>
    private static bool TrySplit(string uri, out string origin, out string rest)
    {
        foreach (var host in (ReadOnlySpan<string>)["http://127.0.0.1", "http://[::1]"])
        {
            if (!uri.StartsWith(host, StringComparison.Ordinal))
            {
                continue;
            }

            var position = host.Length;
            if (position < uri.Length && uri[position] == ':')
            {
                position++;
                while (position < uri.Length && char.IsAsciiDigit(uri[position]))
                {
                    position++;
                }
            }

            if (position == uri.Length || uri[position] is '/' or '?')
            {
                origin = host;
                rest = uri[position..];
                return true;
            }
        }

        origin = rest = "";
        return false;
    }
}
