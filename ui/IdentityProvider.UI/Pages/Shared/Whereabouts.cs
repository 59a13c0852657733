using System.Net;
using IdentityProvider.Accounts.Devices;
using IdentityProvider.Accounts.Locations;
using IdentityProvider.UI.Localization;

namespace IdentityProvider.UI.Pages.Shared;

/// <summary>By what and from where somebody came, in words: hints by which people know themselves again.</summary>
internal static class Whereabouts
{
    /// <summary>Such as "Firefox on Windows".</summary>
    public static string Browser(string? userAgent, PageTexts texts)
    {
        var (browser, system) = UserAgentNames.Of(userAgent);
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
        return code is null || shown is null ? shown : texts["Where.AddressIn", shown, CountryNames.In(texts.Language.Culture, code)];
    }
}
