using System.Security.Cryptography;

namespace IdentityProvider.Accounts.Factors;

/// <summary>Look-up secrets (NIST SP 800-63B-4 §3.1.2): each is good for one sign-in, in place of the second factor.</summary>
internal static class RecoveryCodes
{
    public const int Count = 10;

    /// <summary>Twelve of these are 59 bits. What could be misread is not among them.</summary>
    private const string Alphabet = "23456789abcdefghjkmnpqrstuvwxyz";

    private const int Length = 12;
    private const int GroupLength = 4;

    public static IReadOnlyList<string> Create() => [.. Enumerable.Range(0, Count).Select(_ => Group(RandomNumberGenerator.GetString(Alphabet, Length)))];

    /// <summary>As it was made, whatever capitals, blanks and dashes were typed; null when it cannot be a code.</summary>
    public static string? Normalize(string typed)
    {
        var code = string.Concat(typed.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant();
        return code.Length == Length ? Group(code) : null;
    }

    private static string Group(string code) => string.Join('-', code.Chunk(GroupLength).Select(group => new string(group)));
}
