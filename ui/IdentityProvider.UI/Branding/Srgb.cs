using System.Globalization;

namespace IdentityProvider.UI.Branding;

/// <summary>A colour of sRGB, with the contrast of WCAG 2.2.</summary>
internal readonly record struct Srgb(byte Red, byte Green, byte Blue)
{
    public static readonly Srgb White = new(255, 255, 255);
    public static readonly Srgb Black = new(0, 0, 0);

    public static Srgb Parse(string hex) => new(
        byte.Parse(hex.AsSpan(1, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
        byte.Parse(hex.AsSpan(3, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
        byte.Parse(hex.AsSpan(5, 2), NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    public Srgb Mix(Srgb other, double share) => new(
        Mix(Red, other.Red, share),
        Mix(Green, other.Green, share),
        Mix(Blue, other.Blue, share));

    /// <summary>WCAG 2.2, "contrast ratio": 1 to 21.</summary>
    public double ContrastWith(Srgb other)
    {
        var (mine, others) = (Luminance, other.Luminance);
        return (Math.Max(mine, others) + 0.05) / (Math.Min(mine, others) + 0.05);
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"#{Red:x2}{Green:x2}{Blue:x2}");

    /// <summary>WCAG 2.2, "relative luminance".</summary>
    private double Luminance => (0.2126 * Linear(Red)) + (0.7152 * Linear(Green)) + (0.0722 * Linear(Blue));

    private static double Linear(byte channel)
    {
        var value = channel / 255.0;
        return value <= 0.04045 ? value / 12.92 : Math.Pow((value + 0.055) / 1.055, 2.4);
    }

    private static byte Mix(byte from, byte to, double share) => (byte)Math.Round(from + ((to - from) * share));
}
