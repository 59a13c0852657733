using System.Text.RegularExpressions;
using Xunit;

namespace IdentityProvider.Tests.UI;

/// <summary>One way to address people, and one name for each thing, in pages and mails alike. What a language does not say is listed here.</summary>
internal static partial class HouseWords
{
    public static void Check(string language, IEnumerable<KeyValuePair<string, string>> texts)
    {
        if (Refused(language) is { } refused)
        {
            Assert.All(texts, text => Assert.False(refused.IsMatch(text.Value), $"{language}: {text.Key}: {refused.Match(text.Value).Value}"));
        }
    }

    private static Regex? Refused(string language) => language switch
    {
        "de" => German(),
        "fr" => French(),
        "es" => Spanish(),
        _ => null,
    };

    [GeneratedRegex(@"\b(?i:du|dir|dich|dein\w*|euch|euer\w*|eure\w*)\b|Authentifizierungs-App|Anmeldeweg|Netzadresse|\bKnopf\b")]
    private static partial Regex German();

    [GeneratedRegex(@"\b(?i:tu|te|toi|ton|ta|tes)\b|\b[Tt]’|de récupération|\b[Ss]econde étape")]
    private static partial Regex French();

    // "Inicia" and the like only where they begin a sentence: elsewhere they may be of the third person.
    [GeneratedRegex(@"\b(?i:tú|tus?|te|ti|tuy[oa]s?|eres|has|puedes|quieres|tienes|debes|vuelvas|estés|estás)\b|\b(Revisa|Inicia|Vuelve|Espera|Confirma|Continúa|Escribe|Elige)\b|\b(?i:inténtalo|escríbel[ao]|desconéctala|continúa aquí)\b|[Ll]lave de acceso")]
    private static partial Regex Spanish();
}
