namespace IdentityProvider.UI.Branding;

/// <summary>The accent of one theme: legible whatever colour a brand has.</summary>
/// <param name="Fill">The primary button.</param>
/// <param name="FillHover">The same under the pointer; further from its text, never nearer.</param>
/// <param name="OnFill">Text on the fill: white where that reaches 4.5:1, else black, which then does.</param>
/// <param name="Text">Links, focus and marks on the theme's surfaces: at least 4.5:1.</param>
internal sealed record AccentPalette(Srgb Fill, Srgb FillHover, Srgb OnFill, Srgb Text)
{
    private const double ReadableContrast = 4.5;
    private const double VisibleContrast = 3;

    /// <summary>The dimmest surface of the light theme, and the brightest of the dark one, on which accent text stands; site.css has the same values.</summary>
    public static readonly Srgb LightSurface = Srgb.Parse("#f3f4f7");
    public static readonly Srgb DarkSurface = Srgb.Parse("#23262e");

    public static AccentPalette Light(Srgb accent) => Create(accent, LightSurface, Srgb.Black);

    /// <summary>A dark fill would sink into a dark page, so it is lifted until it stands out (WCAG 2.2, 1.4.11).</summary>
    public static AccentPalette Dark(Srgb accent) =>
        Create(Towards(accent, Srgb.White, DarkSurface, VisibleContrast), DarkSurface, Srgb.White);

    public string ToCss() => $"--accent:{Fill};--accent-hover:{FillHover};--on-accent:{OnFill};--accent-text:{Text}";

    private static AccentPalette Create(Srgb accent, Srgb surface, Srgb direction)
    {
        var onFill = accent.ContrastWith(Srgb.White) >= ReadableContrast ? Srgb.White : Srgb.Black;
        var away = onFill == Srgb.White ? Srgb.Black : Srgb.White;
        return new AccentPalette(accent, accent.Mix(away, 0.14), onFill, Towards(accent, direction, surface, ReadableContrast));
    }

    private static Srgb Towards(Srgb from, Srgb direction, Srgb surface, double contrast)
    {
        const int steps = 50;
        for (var step = 0; step < steps; step++)
        {
            var candidate = from.Mix(direction, step / (double)steps);
            if (candidate.ContrastWith(surface) >= contrast)
            {
                return candidate;
            }
        }

        return direction;
    }
}
