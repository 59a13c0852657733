using System.Globalization;

namespace IdentityProvider.Accounts.Locations;

/// <summary>The names of countries.</summary>
public static class CountryNames
{
    /// <summary>The name in a language; the code itself, where nobody knows it.</summary>
    /// <param name="culture">The language.</param>
    /// <param name="code">ISO 3166-1 alpha-2.</param>
    public static string In(CultureInfo culture, string code)
    {
        ArgumentNullException.ThrowIfNull(culture);
        ArgumentNullException.ThrowIfNull(code);
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
}
