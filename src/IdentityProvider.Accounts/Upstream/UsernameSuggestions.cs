using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace IdentityProvider.Accounts.Upstream;

/// <summary>
/// User names for who comes from another provider: what they are called there, in small letters, digits, dots, hyphens and underscores. So
/// none looks like another one, and none looks like an e-mail address, by which somebody else might sign in.
/// </summary>
internal static class UsernameSuggestions
{
    private const int Shortest = 3;
    private const int Longest = 40;
    private const int MostTries = 8;
    private const string Nobody = "user";

    /// <summary>The wanted name first, then the same with more and more random digits.</summary>
    public static IEnumerable<string> For(ExternalAccount account)
    {
        var wanted = ((string?[])[LocalPart(account.Username), LocalPart(account.Email), account.Name])
            .Select(Plain)
            .FirstOrDefault(name => name.Length >= Shortest) ?? Nobody;
        if (wanted != Nobody)
        {
            yield return wanted;
        }

        for (var digits = 2; digits < 2 + MostTries; digits++)
        {
            yield return $"{wanted}{RandomNumberGenerator.GetString("0123456789", digits)}";
        }
    }

    private static string? LocalPart(string? name) => name?.Split('@')[0];

    private static string Plain(string? name)
    {
        var plain = new StringBuilder();
        foreach (var letter in NormalText.Of(name ?? "", NormalizationForm.FormKD).ToLower(CultureInfo.InvariantCulture))
        {
            if (char.IsAsciiLetterOrDigit(letter) || (letter is '.' or '-' or '_' && plain.Length > 0))
            {
                plain.Append(letter);
            }
            else if (letter == ' ' && plain.Length > 0 && plain[^1] != '.')
            {
                plain.Append('.');
            }
        }

        return plain.ToString(0, Math.Min(plain.Length, Longest)).TrimEnd('.', '-', '_');
    }
}
