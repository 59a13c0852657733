using System.ComponentModel.DataAnnotations;

namespace IdentityProvider.UI.Branding;

/// <summary>Section <c>Branding</c>: whose pages these are.</summary>
public sealed record BrandingOptions
{
    /// <summary>The name above every page and at the end of every title.</summary>
    [Required, StringLength(60)]
    public string Name { get; set; } = "IdentityProvider";

    /// <summary>A path on this server, since the pages load nothing from elsewhere; absent: a neutral mark in the accent colour.</summary>
    [RegularExpression("^/(?![/\\\\]).*$", ErrorMessage = "Branding:LogoUrl must be a path on this server, such as /logo.svg.")]
    public string? LogoUrl { get; set; }

    /// <summary>Any colour will do: what must be legible on it or with it is computed for the light and the dark theme.</summary>
    [Required, RegularExpression("^#[0-9a-fA-F]{6}$", ErrorMessage = "Branding:AccentColor must be a colour such as #2f54d6.")]
    public string AccentColor { get; set; } = "#2f54d6";

    /// <summary>White or black: what is legible on the accent colour.</summary>
    public string OnAccentColor() => AccentPalette.Light(Srgb.Parse(AccentColor)).OnFill.ToString();

    /// <summary>The privacy policy, linked below every page; absent: no link.</summary>
    [RegularExpression("^(https?://|/(?![/\\\\])).*$", ErrorMessage = "Branding:PrivacyUrl must be an http(s) URL or a path on this server.")]
    public string? PrivacyUrl { get; set; }

    /// <summary>The terms of service, linked below every page; absent: no link.</summary>
    [RegularExpression("^(https?://|/(?![/\\\\])).*$", ErrorMessage = "Branding:TermsUrl must be an http(s) URL or a path on this server.")]
    public string? TermsUrl { get; set; }
}
