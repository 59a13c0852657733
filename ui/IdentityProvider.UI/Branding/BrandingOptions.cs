using System.ComponentModel.DataAnnotations;

namespace IdentityProvider.UI.Branding;

/// <summary>Section <c>Branding</c>: whose pages these are.</summary>
public sealed record BrandingOptions : IValidatableObject
{
    /// <summary>The name above every page and at the end of every title.</summary>
    [Required, StringLength(60)]
    public string Name { get; set; } = "IdentityProvider";

    /// <summary>A path on this server, since the pages load nothing from elsewhere; absent: a neutral mark in the accent colour.</summary>
    [LocalPath]
    public string? LogoUrl { get; set; }

    /// <summary>An image (SVG, PNG, WebP or JPEG, 100 KB at most) that the server reads at its start and serves itself, in place of <see cref="LogoUrl"/>.</summary>
    [BrandFile("svg", "png", "webp", "jpg", "jpeg")]
    public string? LogoFile { get; set; }

    /// <summary>The same for the dark theme; absent: one logo for both.</summary>
    [BrandFile("svg", "png", "webp", "jpg", "jpeg")]
    public string? DarkLogoFile { get; set; }

    /// <summary>Any colour will do: what must be legible on it or with it is computed for the light and the dark theme.</summary>
    [Required, Colour]
    public string AccentColor { get; set; } = "#2f54d6";

    /// <summary>A style sheet of one's own, added to ours: the properties at the top of site.css may be set anew. Legibility is then one's own affair.</summary>
    [BrandFile("css")]
    public string? StyleFile { get; set; }

    /// <summary>White or black: what is legible on the accent colour.</summary>
    public string OnAccentColor() => AccentPalette.Light(Srgb.Parse(AccentColor)).OnFill.ToString();

    /// <summary>The privacy policy, linked below every page; absent: no link.</summary>
    [WebAddress]
    public string? PrivacyUrl { get; set; }

    /// <summary>The terms of service, linked below every page; absent: no link.</summary>
    [WebAddress]
    public string? TermsUrl { get; set; }

    /// <summary>Where this server's documentation for developers is, linked on the start page; absent: no link.</summary>
    [WebAddress]
    public string? DocumentationUrl { get; set; }

    /// <summary>Brands of clients, by client id in any case: on pages that a person meets on the way to that client. What is absent there is as above.</summary>
    public IReadOnlyDictionary<string, ClientBranding> Clients { get; set; } = new Dictionary<string, ClientBranding>();

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => ClientBranding.CheckLogo(LogoUrl, LogoFile, DarkLogoFile);
}

/// <summary>Section <c>Branding:Clients:CLIENT_ID</c>.</summary>
public sealed record ClientBranding : IValidatableObject
{
    /// <inheritdoc cref="BrandingOptions.Name" />
    [StringLength(60, MinimumLength = 1)]
    public string? Name { get; set; }

    /// <inheritdoc cref="BrandingOptions.LogoUrl" />
    [LocalPath]
    public string? LogoUrl { get; set; }

    /// <inheritdoc cref="BrandingOptions.LogoFile" />
    [BrandFile("svg", "png", "webp", "jpg", "jpeg")]
    public string? LogoFile { get; set; }

    /// <inheritdoc cref="BrandingOptions.DarkLogoFile" />
    [BrandFile("svg", "png", "webp", "jpg", "jpeg")]
    public string? DarkLogoFile { get; set; }

    /// <inheritdoc cref="BrandingOptions.AccentColor" />
    [Colour]
    public string? AccentColor { get; set; }

    /// <inheritdoc cref="BrandingOptions.StyleFile" />
    [BrandFile("css")]
    public string? StyleFile { get; set; }

    /// <inheritdoc cref="BrandingOptions.PrivacyUrl" />
    [WebAddress]
    public string? PrivacyUrl { get; set; }

    /// <inheritdoc cref="BrandingOptions.TermsUrl" />
    [WebAddress]
    public string? TermsUrl { get; set; }

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => CheckLogo(LogoUrl, LogoFile, DarkLogoFile);

    internal static IEnumerable<ValidationResult> CheckLogo(string? url, string? file, string? darkFile)
    {
        if (url is not null && file is not null)
        {
            yield return new ValidationResult("LogoUrl and LogoFile exclude each other.", [nameof(LogoFile)]);
        }

        if (darkFile is not null && file is null)
        {
            yield return new ValidationResult("DarkLogoFile needs a LogoFile for the light theme.", [nameof(DarkLogoFile)]);
        }
    }
}
