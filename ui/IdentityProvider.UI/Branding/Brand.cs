using System.Security.Cryptography;
using System.Text;

namespace IdentityProvider.UI.Branding;

/// <summary>A brand, complete: what a client's brand lacks is that of the server.</summary>
internal sealed record Brand
{
    /// <summary>Tells the assets of brands apart; empty for the brand of the server itself.</summary>
    public required string Key { get; init; }

    public required string Name { get; init; }

    public required Srgb Accent { get; init; }

    /// <summary>A path on this server.</summary>
    public string? LogoUrl { get; init; }

    public string? LogoFile { get; init; }

    public string? DarkLogoFile { get; init; }

    public string? StyleFile { get; init; }

    public string? PrivacyUrl { get; init; }

    public string? TermsUrl { get; init; }

    /// <summary>An address of an asset of this brand: <c>mark.svg</c>, or <c>mark-1f2e….svg</c> for a client's.</summary>
    public string AssetName(string name) => Key.Length == 0 ? name : $"{Path.GetFileNameWithoutExtension(name)}-{Key}{Path.GetExtension(name)}";

    /// <summary>The accent in both themes, then the style sheet of one's own.</summary>
    public string ToCss()
    {
        var (light, dark) = (AccentPalette.Light(Accent), AccentPalette.Dark(Accent));
        return $":root{{{light.ToCss()}}}@media (prefers-color-scheme:dark){{:root{{{dark.ToCss()}}}}}\n" + (StyleFile is null ? "" : File.ReadAllText(StyleFile));
    }

    public static Brand Of(BrandingOptions options) => new()
    {
        Key = "",
        Name = options.Name,
        Accent = Srgb.Parse(options.AccentColor),
        LogoUrl = options.LogoUrl,
        LogoFile = options.LogoFile,
        DarkLogoFile = options.DarkLogoFile,
        StyleFile = options.StyleFile,
        PrivacyUrl = options.PrivacyUrl,
        TermsUrl = options.TermsUrl,
    };

    /// <summary>The brand of a client. Its logo is one thing: a client's own, in whatever form, replaces the server's in every form.</summary>
    public Brand For(string clientId, ClientBranding options)
    {
        var logo = options is { LogoUrl: null, LogoFile: null } ? (LogoUrl, LogoFile, DarkLogoFile) : (options.LogoUrl, options.LogoFile, options.DarkLogoFile);
        return this with
        {
            Key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(clientId.ToUpperInvariant())).AsSpan(0, 6)),
            Name = options.Name ?? Name,
            Accent = options.AccentColor is { } accent ? Srgb.Parse(accent) : Accent,
            LogoUrl = logo.Item1,
            LogoFile = logo.Item2,
            DarkLogoFile = logo.Item3,
            StyleFile = options.StyleFile,
            PrivacyUrl = options.PrivacyUrl ?? PrivacyUrl,
            TermsUrl = options.TermsUrl ?? TermsUrl,
        };
    }
}
