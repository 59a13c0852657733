using System.Net;
using System.Net.Sockets;

namespace IdentityProvider.Protocol.Endpoints;

/// <summary>
/// Coarse marks of a caller, which a retry of a lost response shares with the first try: its network and the family of its user agent.
/// They are signals, never proof.
/// </summary>
public static class CallerMarks
{
    private const int V4Bytes = 3;
    private const int V6Bytes = 6;
    private const int LongestProduct = 32;

    private static readonly string[] s_families = ["Edg", "OPR", "Firefox", "Chrome", "Safari", "okhttp", "CFNetwork", "Dart", "python", "node", "Go-http-client", "curl"];

    /// <summary>The /24 of an IPv4 address, the /48 of an IPv6 one.</summary>
    public static string Network(IPAddress? address)
    {
        if (address is null)
        {
            return "";
        }

        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        var kept = plain.AddressFamily == AddressFamily.InterNetwork ? V4Bytes : V6Bytes;
        var bytes = plain.GetAddressBytes();
        bytes.AsSpan(kept).Clear();
        return $"{new IPAddress(bytes)}/{kept * 8}";
    }

    /// <summary>The product, without versions, which change with every update.</summary>
    public static string UserAgentFamily(string userAgent)
    {
        ArgumentNullException.ThrowIfNull(userAgent);
        foreach (var family in s_families)
        {
            if (userAgent.Contains(family, StringComparison.OrdinalIgnoreCase))
            {
                return family;
            }
        }

        var end = userAgent.IndexOfAny(['/', ' ']);
        var product = end < 0 ? userAgent : userAgent[..end];

        // Never half of a character: it is stored, and PostgreSQL takes no lone surrogate.
        return product.Length <= LongestProduct ? product : product[..(char.IsHighSurrogate(product[LongestProduct - 1]) ? LongestProduct - 1 : LongestProduct)];
    }
}
