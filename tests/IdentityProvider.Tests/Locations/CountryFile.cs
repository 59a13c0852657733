using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace IdentityProvider.Tests.Locations;

/// <summary>Writes a file in MaxMind's DB format (version 2.0): a search tree of 24-bit records over IPv6, and one record for each country.</summary>
internal static class CountryFile
{
    private const int SeparatorSize = 16;
    private const int V4PrefixLength = 96;

    public static byte[] Write(params (string Network, string Country)[] places)
    {
        var data = new List<byte>();
        var nodes = new List<(Slot Left, Slot Right)> { (default, default) };
        foreach (var (network, country) in places)
        {
            Insert(nodes, IPNetwork.Parse(network), data.Count);
            data.AddRange([.. Map(1), .. Text("country"), .. Map(1), .. Text("iso_code"), .. Text(country)]);
        }

        var tree = nodes.SelectMany(node => (Slot[])[node.Left, node.Right]).SelectMany(slot => Record(slot, nodes.Count));
        return
        [
            .. tree, .. new byte[SeparatorSize], .. data,
            0xab, 0xcd, 0xef, .. Encoding.ASCII.GetBytes("MaxMind.com"),
            .. Map(8),
            .. Text("binary_format_major_version"), .. Number(5, 2),
            .. Text("binary_format_minor_version"), .. Number(5, 0),
            .. Text("build_epoch"), 0x04, 0x02, .. BigEndian(1_800_000_000),
            .. Text("database_type"), .. Text("Country"),
            .. Text("description"), .. Map(0),
            .. Text("ip_version"), .. Number(5, 6),
            .. Text("node_count"), 0xc4, .. BigEndian((uint)nodes.Count),
            .. Text("record_size"), .. Number(5, 24),
        ];
    }

    /// <summary>IPv4 lies under ::/96.</summary>
    private static void Insert(List<(Slot Left, Slot Right)> nodes, IPNetwork network, int offset)
    {
        var v4 = network.BaseAddress.GetAddressBytes().Length == 4;
        byte[] bits = v4 ? [.. new byte[V4PrefixLength / 8], .. network.BaseAddress.GetAddressBytes()] : network.BaseAddress.GetAddressBytes();
        var length = network.PrefixLength + (v4 ? V4PrefixLength : 0);
        var at = 0;
        for (var depth = 0; depth < length; depth++)
        {
            var right = (bits[depth / 8] >> (7 - (depth % 8)) & 1) == 1;
            var slot = right ? nodes[at].Right : nodes[at].Left;
            if (depth == length - 1)
            {
                slot = new Slot(SlotKind.Data, offset);
            }
            else if (slot.Kind != SlotKind.Node)
            {
                slot = new Slot(SlotKind.Node, nodes.Count);
                nodes.Add((default, default));
            }

            nodes[at] = right ? (nodes[at].Left, slot) : (slot, nodes[at].Right);
            at = slot.Value;
        }
    }

    private static byte[] Record(Slot slot, int nodeCount)
    {
        var value = slot.Kind switch
        {
            SlotKind.Node => slot.Value,
            SlotKind.Data => nodeCount + SeparatorSize + slot.Value,
            _ => nodeCount,
        };
        return [(byte)(value >> 16), (byte)(value >> 8), (byte)value];
    }

    private static byte[] Text(string text) => text.Length < 29
        ? [(byte)((2 << 5) | text.Length), .. Encoding.UTF8.GetBytes(text)]
        : throw new ArgumentException("Too long for this writer.", nameof(text));

    private static byte[] Map(int entries) => [(byte)((7 << 5) | entries)];

    private static byte[] Number(int type, byte value) => [(byte)((type << 5) | 1), value];

    private static byte[] BigEndian(uint value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, value);
        return bytes;
    }

    private enum SlotKind
    {
        Empty,
        Node,
        Data,
    }

    private readonly record struct Slot(SlotKind Kind, int Value);
}
