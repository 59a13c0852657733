namespace IdentityProvider.Accounts.Devices;

/// <summary>The names of browsers and systems, as far as a user agent says them: hints by which people know themselves again.</summary>
public static class UserAgentNames
{
    /// <summary>The first that fits: those that imitate others come first. Some names are those that security events keep.</summary>
    private static readonly (string Mark, string Name)[] s_browsers =
    [
        ("Edg", "Edge"), ("OPR", "Opera"), ("SamsungBrowser", "Samsung Internet"), ("Firefox", "Firefox"), ("FxiOS", "Firefox"),
        ("CriOS", "Chrome"), ("Chrome", "Chrome"), ("Safari", "Safari"), ("curl", "curl"),
    ];

    private static readonly (string Mark, string Name)[] s_systems =
    [
        ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS ", "ChromeOS"), ("Windows", "Windows"), ("Mac OS X", "macOS"),
        ("Macintosh", "macOS"), ("Linux", "Linux"),
    ];

    /// <summary>Browser and system; null: unknown.</summary>
    public static (string? Browser, string? System) Of(string? userAgent) => (Find(s_browsers, userAgent), Find(s_systems, userAgent));

    private static string? Find((string Mark, string Name)[] names, string? userAgent) =>
        userAgent is null ? null : Array.Find(names, it => userAgent.Contains(it.Mark, StringComparison.OrdinalIgnoreCase)).Name;
}
