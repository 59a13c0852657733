using System.Text.RegularExpressions;
using System.Xml.Linq;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Tests.UI;
using IdentityProvider.UI.Localization;
using Xunit;

namespace IdentityProvider.Tests.Mail;

/// <summary>The resource files of mails that translators edit.</summary>
public sealed partial class MailTextsTests
{
    private static readonly string _folder = Path.Combine(Repository.Root, "src", "IdentityProvider.Hosting", "Mail");

    public static TheoryData<string> Translations => [.. Language.All.Select(language => language.Code).Where(code => code != "en")];

    [Fact]
    public void Every_mail_has_all_its_parts_and_no_text_is_of_no_mail()
    {
        var keys = Read("en").Keys.Where(key => key.Contains('.', StringComparison.Ordinal) && !key.StartsWith("change.", StringComparison.Ordinal)).ToHashSet();

        Assert.All(
            MailTemplates.All.SelectMany(template => (string[])[$"{template}.Subject", $"{template}.Heading", $"{template}.Body", $"{template}.Circumstances", $"{template}.NotYou"]),
            key => Assert.Contains(key, keys));
        Assert.All(keys, key => Assert.Contains(key[..key.IndexOf('.', StringComparison.Ordinal)], MailTemplates.All));
    }

    [Theory]
    [MemberData(nameof(Translations))]
    public void No_text_is_missing_or_too_many(string language) =>
        Assert.Equal(Read("en").Keys.Order(StringComparer.Ordinal), Read(language).Keys.Order(StringComparer.Ordinal));

    [Theory]
    [MemberData(nameof(Translations))]
    public void No_text_is_empty_or_left_in_English(string language)
    {
        var english = Read("en");
        Assert.DoesNotContain(Read(language), text => string.IsNullOrWhiteSpace(text.Value));

        // But for what is nothing but a name.
        Assert.DoesNotContain(
            Read(language), text => english.GetValueOrDefault(text.Key) == text.Value && Name().Replace(text.Value, "").Any(char.IsLetter));
    }

    [Theory]
    [MemberData(nameof(Translations))]
    public void A_language_has_one_way_to_address_people_and_one_name_for_each_thing(string language) => HouseWords.Check(language, Read(language));

    [Theory]
    [MemberData(nameof(Translations))]
    public void A_translation_names_what_the_text_names(string language)
    {
        var english = Read("en");
        Assert.All(Read(language), text => Assert.Equal(Names(english[text.Key]), Names(text.Value)));
    }

    [Theory]
    [MemberData(nameof(Translations))]
    public void A_translation_has_as_many_paragraphs(string language)
    {
        var english = Read("en");
        Assert.All(Read(language), text => Assert.Equal(english[text.Key].Split("\n\n").Length, text.Value.Split("\n\n").Length));
    }

    private static Dictionary<string, string> Read(string language) =>
        XDocument.Load(Path.Combine(_folder, language == "en" ? "MailTexts.resx" : $"MailTexts.{language}.resx")).Root!
            .Elements("data").ToDictionary(data => data.Attribute("name")!.Value, data => data.Element("value")!.Value);

    private static string[] Names(string text) => [.. Name().Matches(text).Select(match => match.Value).Distinct().Order(StringComparer.Ordinal)];

    [GeneratedRegex(@"\{\w+\}")]
    private static partial Regex Name();
}
