using System.Text.RegularExpressions;

namespace IdentityProvider.Storage.Tests.Grants.Mutants;

/// <summary>A statement of which one arm is missing: a condition of a WHERE or of a chain of AND and OR, or a WHEN.</summary>
/// <param name="Original">The whole statement.</param>
/// <param name="Start">Where the arm begins.</param>
/// <param name="Arm">What it says.</param>
/// <param name="InsteadOf">What the statement says now: TRUE, or FALSE for an alternative.</param>
internal sealed partial record Mutant(string Original, int Start, string Arm, string InsteadOf)
{
    private static readonly string[] s_boundaries =
    [
        "AND", "OR", "WHERE", "WHEN", "THEN", "ELSE", "AS", "FROM", "JOIN", "LEFT", "CROSS", "ON", "SELECT", "SET", "RETURNING", "ORDER", "GROUP", "FOR", ",",
    ];

    public string Text => string.Concat(Original.AsSpan(0, Start), InsteadOf, Original.AsSpan(Start + Arm.Length));

    /// <summary>Enough of the text before to tell the arm from one that says the same elsewhere.</summary>
    public string Surroundings => Original[Math.Max(0, Start - 80)..(Start + Arm.Length)] + InsteadOf;

    /// <summary>
    /// Whether the statement goes on like this from the arm on. A text of several conditions means the first of them, and not an arm that
    /// takes in the others.
    /// </summary>
    public bool Begins(string text) => string.CompareOrdinal(Original, Start, text, 0, text.Length) == 0
        && (text.StartsWith(Arm, StringComparison.Ordinal) || !Several().IsMatch(text));

    public override string ToString() => $"{Whitespace().Replace(Original, " ")[..30]}… {Whitespace().Replace(Surroundings, " ")}";

    [GeneratedRegex(" (AND|OR) ")]
    private static partial Regex Several();

    /// <summary>Every one of a statement. The statements are ours: keywords are in capitals, and BETWEEN is not used.</summary>
    public static IEnumerable<Mutant> Of(string statement)
    {
        var tokens = Token().Matches(statement).Where(token => token.Value[0] != '\'').ToArray();
        for (var at = 0; at < tokens.Length; at++)
        {
            if (tokens[at].Value is not ("WHERE" or "AND" or "OR" or "WHEN" or "(" or "," or "SELECT"))
            {
                continue;
            }

            var end = EndOf(tokens, at + 1, s_boundaries);
            var (before, after) = (tokens[at].Value, end < tokens.Length ? tokens[end].Value : "");
            if (before == "WHEN" && after is "AND" or "OR")
            {
                yield return Cut(statement, tokens, at, EndOf(tokens, at + 1, ["THEN"]), "FALSE");
            }

            if (before == "AND" || after == "AND" || (before == "WHERE" && after != "OR"))
            {
                yield return Cut(statement, tokens, at, end, "TRUE");
            }
            else if (before is "OR" or "WHEN" || after == "OR")
            {
                yield return Cut(statement, tokens, at, end, "FALSE");
            }
        }
    }

    private static Mutant Cut(string statement, Match[] tokens, int before, int end, string insteadOf)
    {
        var start = tokens[before].Index + tokens[before].Length;
        var arm = statement[start..(end < tokens.Length ? tokens[end].Index : statement.Length)];
        return new Mutant(statement, start + arm.Length - arm.TrimStart().Length, arm.Trim(), insteadOf);
    }

    /// <summary>The first of these on the same level of brackets and CASE, or the end of the level.</summary>
    private static int EndOf(Match[] tokens, int first, string[] boundaries)
    {
        var depth = 0;
        for (var at = first; at < tokens.Length; at++)
        {
            var token = tokens[at].Value;
            var isBoundary = boundaries.Contains(token) && !(token == "FROM" && tokens[at - 1].Value == "DISTINCT");
            if (depth == 0 && (isBoundary || token is ")" or "END"))
            {
                return at;
            }

            depth += token is "(" or "CASE" ? 1 : token is ")" or "END" ? -1 : 0;
        }

        return tokens.Length;
    }

    [GeneratedRegex(@"'[^']*'|""[^""]*""|[A-Za-z_0-9.$]+|[(),]")]
    private static partial Regex Token();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Whitespace();
}
