using System.Globalization;

namespace IdentityProvider.UI.Localization;

/// <summary>A language of the pages.</summary>
/// <param name="Code">The language tag (BCP 47), which also names its resource file.</param>
/// <param name="Name">Its name in itself.</param>
public sealed record Language(string Code, string Name)
{
    /// <summary>The culture: direction, and the form of numbers and dates.</summary>
    public CultureInfo Culture { get; } = CultureInfo.GetCultureInfo(Code);

    /// <summary>The languages that have a resource file; the first one is for whoever wants none of them.</summary>
    public static IReadOnlyList<Language> All { get; } =
        [new("en", "English"), new("de", "Deutsch"), new("fr", "Français"), new("es", "Español"), new("ar", "العربية")];

    /// <summary>The language of a tag such as <c>de-CH</c>: a wish for a region is met by the language.</summary>
    public static Language? Find(ReadOnlySpan<char> tag)
    {
        var end = tag.IndexOf('-');
        var primary = end < 0 ? tag : tag[..end];
        foreach (var language in All)
        {
            if (primary.Equals(language.Code, StringComparison.OrdinalIgnoreCase))
            {
                return language;
            }
        }

        return null;
    }
}
