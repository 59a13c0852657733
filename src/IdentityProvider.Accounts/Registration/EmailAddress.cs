namespace IdentityProvider.Accounts.Registration;

/// <summary>
/// An address that mail can be sent to. Narrower than RFC 5321 where that allows what nobody has and what would be read in two ways: quoted
/// parts, comments, lists, control characters. So nothing that was typed reaches a header but one plain address.
/// </summary>
public static class EmailAddress
{
    private const int Longest = 254;
    private const int LongestLocalPart = 64;
    private const int LongestLabel = 63;
    private const string Special = "!#$%&'*+-/=?^_`{|}~.";

    /// <summary>The address in normal form; null: it is none.</summary>
    public static string? Parse(string? typed)
    {
        var text = typed?.Trim();
        if (text is not { Length: > 0 and <= Longest } || text.Any(letter => char.IsControl(letter) || char.IsSurrogate(letter)))
        {
            return null;
        }

        text = NormalText.Of(text);
        var at = text.LastIndexOf('@');
        return at > 0 && IsLocalPart(text.AsSpan(0, at)) && IsDomain(text[(at + 1)..]) ? text : null;
    }

    private static bool IsLocalPart(ReadOnlySpan<char> part)
    {
        if (part.Length > LongestLocalPart || part[0] == '.' || part[^1] == '.' || part.Contains("..", StringComparison.Ordinal))
        {
            return false;
        }

        foreach (var letter in part)
        {
            if (!char.IsLetterOrDigit(letter) && !Special.Contains(letter, StringComparison.Ordinal))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsDomain(string domain)
    {
        var labels = domain.Split('.');
        return labels.Length > 1 && labels.All(label =>
            label is { Length: > 0 and <= LongestLabel } && label[0] != '-' && label[^1] != '-'
            && label.All(letter => char.IsLetterOrDigit(letter) || letter == '-'));
    }
}
