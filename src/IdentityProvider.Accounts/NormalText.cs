using System.Text;
using Microsoft.AspNetCore.Identity;

namespace IdentityProvider.Accounts;

/// <summary>
/// The normal form of what somebody sends. .NET has none for lone surrogates and for U+FFFE, and says so by an exception: here they are
/// replaced, as UTF-8 does it, so that such text is a name that nobody has, or a wrong password.
/// </summary>
internal static class NormalText
{
    public static string Of(string text, NormalizationForm form = NormalizationForm.FormC) =>
        Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).Replace('\uFFFE', '\uFFFD').Normalize(form);

    /// <summary>The same for all that are looked up as one.</summary>
    public static string Key(string text) => Of(text).ToUpperInvariant();
}

/// <summary>By what people are looked up.</summary>
internal sealed class LookupNormalizer : ILookupNormalizer
{
    public string? NormalizeName(string? name) => name is null ? null : NormalText.Key(name);

    public string? NormalizeEmail(string? email) => NormalizeName(email);
}
