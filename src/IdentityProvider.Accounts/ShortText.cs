namespace IdentityProvider.Accounts;

/// <summary>What somebody sends, as far as it is kept.</summary>
internal static class ShortText
{
    /// <summary>The first so many characters, and never half of one: PostgreSQL takes no lone surrogate.</summary>
    public static string Of(string text, int longest) =>
        text.Length <= longest ? text : text[..(char.IsHighSurrogate(text[longest - 1]) ? longest - 1 : longest)];
}
