namespace IdentityProvider.Hosting.Seeding;

/// <summary>Which names are possible.</summary>
internal static class Names
{
    public const string OfflineAccess = "offline_access";
    private const int Longest = 200;

    /// <summary>RFC 6749 appendix A.1: VSCHAR.</summary>
    public static bool IsClientId(string value) =>
        value.Length is > 0 and <= Longest && value.All(character => character is >= ' ' and <= '~');

    /// <summary>RFC 6749 appendix A.4: a scope token.</summary>
    public static bool IsScope(string value) =>
        value.Length is > 0 and <= Longest && value.All(character => character is > ' ' and <= '~' and not '"' and not '\\');
}
