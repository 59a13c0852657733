using System.Globalization;

namespace IdentityProvider.UI.Pages.Consent;

/// <summary>A length of time in words, in its largest fitting unit.</summary>
internal static class Duration
{
    public static string InWords(TimeSpan time) => time switch
    {
        { TotalDays: >= 1 } => Count((int)Math.Round(time.TotalDays), "day"),
        { TotalHours: >= 1 } => Count((int)Math.Round(time.TotalHours), "hour"),
        _ => Count(Math.Max(1, (int)Math.Round(time.TotalMinutes)), "minute"),
    };

    private static string Count(int number, string unit) =>
        number == 1 ? $"1 {unit}" : string.Create(CultureInfo.InvariantCulture, $"{number} {unit}s");
}
