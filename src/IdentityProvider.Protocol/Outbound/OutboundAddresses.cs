using System.Net;
using System.Net.Sockets;

namespace IdentityProvider.Protocol.Outbound;

/// <summary>Which addresses may be called: the public ones, and those that the operator has named.</summary>
internal sealed class OutboundAddresses(IEnumerable<string> allowedNetworks)
{
    /// <summary>
    /// IANA's special-purpose IPv4 blocks, multicast and the reserved end, and the one public address that a cloud keeps for its hosts'
    /// agents. Other clouds' metadata services are link-local or shared.
    /// </summary>
    private static readonly IPNetwork[] s_special =
    [
        .. ((string[])
        [
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            "168.63.129.16/32",
        ]).Select(IPNetwork.Parse),
    ];

    /// <summary>Of IPv6 only global unicast is public, and of that not what is set aside: protocol assignments, documentation, 6to4.</summary>
    private static readonly IPNetwork s_globalUnicast = IPNetwork.Parse("2000::/3");
    private static readonly IPNetwork[] s_setAside =
        [.. ((string[])["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"]).Select(IPNetwork.Parse)];

    /// <summary>RFC 6052 §2.1: the last 32 bits are the IPv4 address that is meant.</summary>
    private static readonly IPNetwork s_translated = IPNetwork.Parse("64:ff9b::/96");

    private readonly IPNetwork[] _allowed = [.. allowedNetworks.Select(IPNetwork.Parse)];

    public bool Permit(IPAddress address)
    {
        var meant = Unwrap(address);
        return _allowed.Any(network => network.Contains(meant)) || IsPublic(meant);
    }

    private static bool IsPublic(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork
        ? !s_special.Any(network => network.Contains(address))
        : s_globalUnicast.Contains(address) && !s_setAside.Any(network => network.Contains(address));

    private static IPAddress Unwrap(IPAddress address) =>
        address.IsIPv4MappedToIPv6 ? address.MapToIPv4()
        : address.AddressFamily == AddressFamily.InterNetworkV6 && s_translated.Contains(address) ? new IPAddress(address.GetAddressBytes().AsSpan(12))
        : address;
}
