using System.Globalization;
using System.Text.RegularExpressions;

namespace IdentityProvider.Accounts.Profiles;

/// <summary>
/// What people may change about themselves, under the names of OpenID Connect Core §5.1. All else, such as roles or the department that an
/// import brought along, is not theirs to change.
/// </summary>
public static partial class ProfileFields
{
    /// <summary>A phone number is kept with the person, not among the claims.</summary>
    public const string PhoneNumber = "phone_number";

    /// <summary>The language, which is that of mails too.</summary>
    public const string Locale = "locale";

    private const int LongestName = 100;
    private const int LongestUrl = 512;
    private const int LongestZone = 64;
    private const int LongestPhoneNumber = 32;
    private const int EarliestBirth = 1900;

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } =
        ["name", "given_name", "family_name", "nickname", "birthdate", PhoneNumber, "website", "picture", "zoneinfo", Locale];

    /// <summary>How long each may be.</summary>
    public static int MaxLength(string field) => field switch
    {
        "website" or "picture" => LongestUrl,
        "zoneinfo" => LongestZone,
        PhoneNumber => LongestPhoneNumber,
        _ => LongestName,
    };

    /// <summary>
    /// What to store for what was typed: null for an empty field. False when it cannot be stored. The caller judges <see cref="Locale"/>,
    /// since it knows the languages.
    /// </summary>
    public static bool TryClean(string field, string? typed, DateTimeOffset now, out string? value)
    {
        value = typed?.Trim();
        if (string.IsNullOrEmpty(value))
        {
            value = null;
            return true;
        }

        if (value.Length > MaxLength(field) || HasHidden(value))
        {
            return false;
        }

        switch (field)
        {
            case "birthdate":
                return IsBirthdate(value, now);
            case PhoneNumber:
                value = Separators().Replace(value, "");
                return E164().IsMatch(value);
            case "website" or "picture":
                return Uri.TryCreate(value, UriKind.Absolute, out var url) && url.Scheme == Uri.UriSchemeHttps && url.UserInfo.Length == 0 && url.Host.Contains('.', StringComparison.Ordinal);
            case "zoneinfo":
                return Zone().IsMatch(value) && TimeZoneInfo.TryFindSystemTimeZoneById(value, out _);
            default:
                return true;
        }
    }

    /// <summary>Control characters, line ends, halves of characters, and what turns the direction of the text around it.</summary>
    private static bool HasHidden(string value)
    {
        for (var index = 0; index < value.Length; index++)
        {
            var letter = value[index];
            if (char.IsSurrogatePair(value, index))
            {
                index++;
            }
            else if (char.IsControl(letter) || char.IsSurrogate(letter) || letter is '\u2028' or '\u2029' or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069'))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>A date; the year may be all there is, or be left out as 0000 (OpenID Connect Core §5.1).</summary>
    private static bool IsBirthdate(string value, DateTimeOffset now)
    {
        var whole = value.Length == 4 ? value + "-01-01" : value.StartsWith("0000-", StringComparison.Ordinal) ? "2000" + value[4..] : value;
        return DateOnly.TryParseExact(whole, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date)
            && date.Year >= EarliestBirth && date <= DateOnly.FromDateTime(now.UtcDateTime.AddDays(1));
    }

    [GeneratedRegex(@"[ ()./\-]")]
    private static partial Regex Separators();

    [GeneratedRegex(@"^\+[1-9][0-9]{4,14}\z", RegexOptions.CultureInvariant)]
    private static partial Regex E164();

    [GeneratedRegex(@"^[A-Za-z][A-Za-z0-9_+\-]*(/[A-Za-z0-9_+\-]+){0,2}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Zone();
}
