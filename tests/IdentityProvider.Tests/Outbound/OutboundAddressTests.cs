using System.Net;
using IdentityProvider.Protocol.Outbound;
using Xunit;

namespace IdentityProvider.Tests.Outbound;

/// <summary>Which addresses the server may call.</summary>
public sealed class OutboundAddressTests
{
    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("10.1.2.3")]
    [InlineData("100.64.0.1")]
    [InlineData("100.100.100.200")]
    [InlineData("168.63.129.16")]
    [InlineData("169.254.169.254")]
    [InlineData("172.31.255.255")]
    [InlineData("192.0.0.8")]
    [InlineData("192.168.0.1")]
    [InlineData("198.19.0.1")]
    [InlineData("224.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::1")]
    [InlineData("::7f00:1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("64:ff9b::10.0.0.1")]
    [InlineData("64:ff9b:1::1")]
    [InlineData("2001::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:7f00:1::")]
    [InlineData("fc00::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fe80::1")]
    [InlineData("ff02::1")]
    public void An_address_that_is_not_public_is_refused_unless_its_network_is_named(string address)
    {
        var parsed = IPAddress.Parse(address);

        Assert.False(new OutboundAddresses([]).Permit(parsed));
        Assert.True(new OutboundAddresses(["0.0.0.0/0", "::/0"]).Permit(parsed));
    }

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("172.32.0.1")]
    [InlineData("100.128.0.1")]
    [InlineData("2606:4700:4700::1111")]
    [InlineData("::ffff:1.1.1.1")]
    [InlineData("64:ff9b::1.1.1.1")]
    public void A_public_address_is_permitted(string address) => Assert.True(new OutboundAddresses([]).Permit(IPAddress.Parse(address)));

    [Fact]
    public void A_named_network_permits_itself_only_also_when_mapped_into_IPv6()
    {
        var addresses = new OutboundAddresses(["10.1.0.0/16"]);

        Assert.True(addresses.Permit(IPAddress.Parse("10.1.2.3")));
        Assert.True(addresses.Permit(IPAddress.Parse("::ffff:10.1.2.3")));
        Assert.False(addresses.Permit(IPAddress.Parse("10.2.0.1")));
    }
}
