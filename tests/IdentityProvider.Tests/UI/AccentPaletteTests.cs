using IdentityProvider.UI.Assets;
using IdentityProvider.UI.Branding;
using Xunit;

namespace IdentityProvider.Tests.UI;

public sealed class AccentPaletteTests
{
    public static TheoryData<string> Accents => ["#2f54d6", "#ffd400", "#000000", "#ffffff", "#808080", "#ff0000", "#00ff00", "#767676", "#0b1220", "#f4a7c0"];

    [Theory]
    [MemberData(nameof(Accents))]
    public void Any_accent_is_legible_in_the_light_and_the_dark_theme(string hex)
    {
        var accent = Srgb.Parse(hex);

        AssertLegible(AccentPalette.Light(accent), AccentPalette.LightSurface);
        AssertLegible(AccentPalette.Dark(accent), AccentPalette.DarkSurface);
    }

    [Theory]
    [MemberData(nameof(Accents))]
    public void A_button_stands_out_in_the_dark_whatever_the_accent(string hex) =>
        Assert.True(AccentPalette.Dark(Srgb.Parse(hex)).Fill.ContrastWith(AccentPalette.DarkSurface) >= 3);

    [Fact]
    public void A_colour_that_is_legible_already_stays_as_the_brand_has_it()
    {
        var palette = AccentPalette.Light(Srgb.Parse("#2f54d6"));

        Assert.Equal("#2f54d6", palette.Fill.ToString());
        Assert.Equal("#2f54d6", palette.Text.ToString());
    }

    [Fact]
    public void Contrast_is_that_of_WCAG()
    {
        Assert.Equal(21, Srgb.Black.ContrastWith(Srgb.White), 3);
        Assert.Equal(4.54, Srgb.Parse("#767676").ContrastWith(Srgb.White), 2);
    }

    [Fact]
    public void The_style_sheet_has_the_surfaces_that_the_accent_is_computed_for()
    {
        using var reader = new StreamReader(typeof(PageAssets).Assembly.GetManifestResourceStream(PageAssets.StyleSheet)!);
        var (light, dark) = Halves(reader.ReadToEnd(), "prefers-color-scheme: dark");

        Assert.Contains($"--surface-sunken: {AccentPalette.LightSurface};", light, StringComparison.Ordinal);
        Assert.Contains($"--surface-sunken: {AccentPalette.DarkSurface};", dark, StringComparison.Ordinal);
    }

    private static void AssertLegible(AccentPalette palette, Srgb surface)
    {
        Assert.True(palette.Text.ContrastWith(surface) >= 4.5, $"text {palette.Text}");
        Assert.True(palette.OnFill.ContrastWith(palette.Fill) >= 4.5, $"on fill {palette.Fill}");
        Assert.True(palette.OnFill.ContrastWith(palette.FillHover) >= 4.5, $"on hover {palette.FillHover}");
    }

    private static (string Before, string After) Halves(string text, string separator)
    {
        var at = text.IndexOf(separator, StringComparison.Ordinal);
        return (text[..at], text[at..]);
    }
}
