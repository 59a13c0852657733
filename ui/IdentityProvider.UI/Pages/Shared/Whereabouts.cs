using System.Globalization;
using System.Net;
using IdentityProvider.Accounts.Locations;
using IdentityProvider.UI.Localization;

namespace IdentityProvider.UI.Pages.Shared;

/// <summary>By what and from where somebody came, in words: hints by which people know themselves again.</summary>
internal static class Whereabouts
{
    /// <summary>The first that fits: those that imitate others come first. Some names are those that security events keep.</summary>
    private static readonly (string Mark, string Name)[] s_browsers =
    [
        ("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"),
        ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"), ("curl", "curl"),
    ];

    private static readonly (string Mark, string Name)[] s_systems =
    [
        ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
        ("Macintosh", "macOS"), ("Linux", "Linux"),
    ];

    /// <summary>Such as "Firefox on Windows".</summary>
    public static string Browser(string? userAgent, PageTexts texts)
    {
        var (browser, system) = (Find(s_browsers, userAgent), Find(s_systems, userAgent));
        return (browser, system) switch
        {
            (null, null) => texts["Where.UnknownBrowser"],
            (null, _) => system,
            (_, null) => browser,
            _ => texts["Where.BrowserOn", browser, system],
        };
    }

    /// <summary>The address, with its country where that is known; null: neither.</summary>
    public static string? Place(string? address, string? network, ICountryLookup? countries, PageTexts texts)
    {
        var code = IPAddress.TryParse(address, out var ip) ? countries?.Find(ip) : null;
        var shown = address ?? (string.IsNullOrEmpty(network) ? null : network);
        return code is null || shown is null ? shown : texts["Where.AddressIn", shown, Country(code, texts.Language.Culture)];
    }

    /// <summary>The country's name in the language of the page.</summary>
    private static string Country(string code, CultureInfo culture)
    {
        var before = CultureInfo.CurrentUICulture;
        try
        {
            CultureInfo.CurrentUICulture = culture;
            return new RegionInfo(code).DisplayName;
        }
        catch (ArgumentException)
        {
            return code;
        }
        finally
        {
            CultureInfo.CurrentUICulture = before;
        }
    }

    private static string? Find((string Mark, string Name)[] known, string? userAgent) =>
        known.FirstOrDefault(it => userAgent?.Contains(it.Mark, StringComparison.OrdinalIgnoreCase) == true).Name;
}
