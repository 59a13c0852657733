using System.Text.RegularExpressions;
using System.Xml.Linq;
using IdentityProvider.UI.Localization;
using Xunit;

namespace IdentityProvider.Tests.UI;

/// <summary>The resource files that translators edit.</summary>
public sealed partial class TextsTests
{
    private static readonly string _folder = Path.Combine(Repository.Root, "ui", "IdentityProvider.UI");

    /// <summary>Words that happen to be the same.</summary>
    private static readonly HashSet<(string Language, string Key)> _same = [("es", "Notice.Danger"), ("fr", "Duration.Minutes.other")];

    /// <summary>Languages may have more plural forms than English.</summary>
    private static readonly string[] _morePlurals = [".two", ".few"];

    public static TheoryData<string> Translations => [.. Language.All.Select(language => language.Code).Where(code => code != "en")];

    [Theory]
    [MemberData(nameof(Translations))]
    public void No_text_is_missing(string language)
    {
        var translated = Read(language).Keys.Where(key => !_morePlurals.Any(key.EndsWith));
        Assert.Equal(Read("en").Keys.Order(StringComparer.Ordinal), translated.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Translations))]
    public void No_text_is_left_in_English(string language)
    {
        var english = Read("en");
        Assert.DoesNotContain(Read(language), text => english.GetValueOrDefault(text.Key) == text.Value && !_same.Contains((language, text.Key)));
    }

    [Theory]
    [MemberData(nameof(Translations))]
    public void A_language_has_one_way_to_address_people_and_one_name_for_each_thing(string language) => HouseWords.Check(language, Read(language));

    [Theory]
    [MemberData(nameof(Translations))]
    public void No_translation_uses_a_placeholder_that_the_text_does_not_have(string language)
    {
        var english = Read("en");
        foreach (var (key, text) in Read(language))
        {
            // A number that is one, or two, need not be said in figures.
            var source = english.GetValueOrDefault(key) ?? english[key[..key.LastIndexOf('.')] + ".other"];
            if (PluralForm().IsMatch(key))
            {
                Assert.Subset(new HashSet<string> { "{0}" }, Placeholders(text));
            }
            else
            {
                Assert.True(Placeholders(source).SetEquals(Placeholders(text)), $"{language}: {key}");
            }
        }
    }

    [Fact]
    public void Every_text_that_a_page_uses_exists_and_every_text_is_used()
    {
        var source = string.Concat(Directory.EnumerateFiles(_folder, "*.cs*", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Select(File.ReadAllText));
        var named = Key().Matches(source).Select(match => match.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        var known = Read("en").Keys.ToHashSet(StringComparer.Ordinal);

        // Words of events are found by the type of the event: another test holds the types against them.
        Assert.DoesNotContain(known, key => !(key.StartsWith("Activity.", StringComparison.Ordinal) && char.IsAsciiLetterLower(key["Activity.".Length])) && !named.Contains(key) && !named.Contains(PluralForm().Replace(key, "")));
        Assert.DoesNotContain(Direct().Matches(source), match => !known.Contains(match.Groups[1].Value));
    }

    [Fact]
    public void A_language_is_found_by_any_of_its_regions()
    {
        Assert.Equal("de", Language.Find("de-CH")?.Code);
        Assert.Equal("ar", Language.Find("AR")?.Code);
        Assert.Null(Language.Find("den"));
        Assert.Null(Language.Find(""));
    }

    [Fact]
    public void Numbers_choose_the_plural_of_the_language()
    {
        Assert.Equal(["1 minute", "2 minutes"], Minutes("en", 1, 2));
        Assert.Equal(["دقيقة واحدة", "دقيقتان", "3 دقائق", "11 دقيقة", "103 دقائق"], Minutes("ar", 1, 2, 3, 11, 103));
    }

    private static string[] Minutes(string language, params int[] numbers)
    {
        var texts = new PageTexts();
        texts.Prefer(language);
        return [.. numbers.Select(number => texts.Count("Duration.Minutes", number))];
    }

    private static Dictionary<string, string> Read(string language)
    {
        var file = Path.Combine(_folder, "Localization", language == "en" ? "Texts.resx" : $"Texts.{language}.resx");
        return XDocument.Load(file).Root!.Elements("data").ToDictionary(data => data.Attribute("name")!.Value, data => data.Element("value")!.Value);
    }

    private static HashSet<string> Placeholders(string text) => [.. Placeholder().Matches(text).Select(match => match.Value)];

    [GeneratedRegex(@"\{\d\}")]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"\.(one|two|few|other)$")]
    private static partial Regex PluralForm();

    /// <summary>Anything that looks like a key.</summary>
    [GeneratedRegex("\"([A-Z][A-Za-z]+(?:\\.[A-Za-z_]+)*)\"")]
    private static partial Regex Key();

    /// <summary>What is certainly one.</summary>
    [GeneratedRegex("(?:\\bT|[tT]exts)(?:\\.Html\\(|\\[)\"([^\"]+)\"")]
    private static partial Regex Direct();
}
