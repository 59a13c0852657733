using System.Globalization;
using System.Text;

namespace IdentityProvider.Accounts.Registration;

/// <summary>Why a user name is refused.</summary>
public enum UsernameProblem
{
    /// <summary>Shorter than three characters, or longer than sixty-four.</summary>
    Length,

    /// <summary>It has other characters than letters, digits, dot, hyphen and underscore.</summary>
    Characters,

    /// <summary>It could be taken for another name: it mixes alphabets, or looks as if it were written in another one.</summary>
    LookAlike,

    /// <summary>Somebody has it.</summary>
    Taken,
}

/// <summary>
/// User names that people can tell apart (after UTS #39, and smaller): compatibility forms are folded, the letters are of one alphabet, and
/// a name in another alphabet has a letter that Latin has not. No <c>@</c>: a name must not look like somebody's address, by which they sign in.
/// </summary>
public static class UsernameRules
{
    private const int Shortest = 3;
    private const int Longest = 64;

    /// <summary>Letters of other alphabets that look like Latin ones.</summary>
    private const string LikeLatin = "АВЕЅІЈКМНОРСТУХаеѕіјорсухһԁԛԝӏΑΒΕΖΗΙΚΜΝΟΡΤΥΧανορυχικ";

    /// <summary>First and last letter of what belongs together; Chinese, Japanese and Korean are written together.</summary>
    private static readonly (int First, int Last, string Script)[] s_scripts =
    [
        ('A', 'Z', "latin"), ('a', 'z', "latin"), (0x00C0, 0x024F, "latin"), (0x1E00, 0x1EFF, "latin"),
        (0x0370, 0x03FF, "greek"), (0x1F00, 0x1FFF, "greek"),
        (0x0400, 0x052F, "cyrillic"),
        (0x0530, 0x058F, "armenian"), (0x0590, 0x05FF, "hebrew"), (0x0600, 0x077F, "arabic"), (0x08A0, 0x08FF, "arabic"),
        (0x0900, 0x097F, "devanagari"), (0x0980, 0x09FF, "bengali"), (0x0B80, 0x0BFF, "tamil"), (0x0E00, 0x0E7F, "thai"), (0x10A0, 0x10FF, "georgian"),
        (0x3040, 0x30FF, "cjk"), (0x3400, 0x4DBF, "cjk"), (0x4E00, 0x9FFF, "cjk"), (0xAC00, 0xD7AF, "cjk"),
    ];

    /// <summary>The name in the form that is stored, or why it is refused.</summary>
    public static (string? Name, UsernameProblem? Problem) Check(string? typed)
    {
        var name = typed?.Trim() ?? "";
        if (name.Length > Longest || name.Any(char.IsSurrogate))
        {
            return (null, name.Length > Longest ? UsernameProblem.Length : UsernameProblem.Characters);
        }

        name = NormalText.Of(name, NormalizationForm.FormKC);
        if (name.Length is < Shortest or > Longest)
        {
            return (null, UsernameProblem.Length);
        }

        var scripts = new HashSet<string>();
        foreach (var letter in name)
        {
            switch (char.GetUnicodeCategory(letter))
            {
                case UnicodeCategory.DecimalDigitNumber when char.IsAsciiDigit(letter):
                    break;
                case UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark when ScriptOf(letter) is { } script:
                    scripts.Add(script);
                    break;
                case UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.OtherLetter or UnicodeCategory.ModifierLetter:
                    // Of an alphabet that is not listed: nobody can say what it looks like.
                    if (ScriptOf(letter) is not { } known)
                    {
                        return (null, UsernameProblem.LookAlike);
                    }

                    scripts.Add(known);
                    break;
                case var _ when letter is '.' or '-' or '_':
                    break;
                default:
                    return (null, UsernameProblem.Characters);
            }
        }

        var foreign = name.Where(letter => char.IsLetter(letter) && ScriptOf(letter) != "latin").ToList();
        var disguised = foreign.Count > 0 && foreign.TrueForAll(letter => LikeLatin.Contains(letter, StringComparison.Ordinal));
        return scripts.Count > 1 || disguised ? (null, UsernameProblem.LookAlike)
            : char.IsLetterOrDigit(name[0]) ? (name, null)
            : (null, UsernameProblem.Characters);
    }

    private static string? ScriptOf(char letter) => Array.Find(s_scripts, script => letter >= script.First && letter <= script.Last).Script;
}
