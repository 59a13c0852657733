using System.Resources;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Html;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Rendering;

namespace IdentityProvider.UI.Localization;

/// <summary>
/// The texts of the pages, in the language of this request: the one chosen at this browser, else the first of the client's
/// <c>ui_locales</c> (OpenID Connect Core §3.1.2.1) that we have, else what the browser accepts. Pages have it as <c>T</c>.
/// </summary>
public sealed class PageTexts
{
    private static readonly ResourceManager s_resources = new("IdentityProvider.UI.Localization.Texts", typeof(PageTexts).Assembly);

    private bool _asked;
    private bool _chosen;

    /// <summary>The language of the page.</summary>
    public Language Language { get; private set; } = Language.All[0];

    /// <summary>A text, its placeholders filled; Razor encodes it like any string.</summary>
    public string this[string key, params object?[] values]
    {
        get
        {
            var text = s_resources.GetString(key, Language.Culture) ?? throw new MissingManifestResourceException($"There is no text '{key}'.");
            return values.Length == 0 ? text : string.Format(Language.Culture, text, values);
        }
    }

    /// <summary>A text whose key is put together; null: there is none.</summary>
    internal string? Find(string key) => s_resources.GetString(key, Language.Culture);

    /// <summary>A moment, to the minute. In UTC, since the server does not know the reader's zone; a script that does puts it into words of its own.</summary>
    internal static IHtmlContent Moment(DateTimeOffset time, PageTexts texts) => Time(time, "moment", $"{time.UtcDateTime.ToString("g", texts.Language.Culture)} UTC");

    /// <summary>A day.</summary>
    internal static IHtmlContent Day(DateTimeOffset time, PageTexts texts) => Time(time, "day", time.UtcDateTime.ToString("d", texts.Language.Culture));

    private static TagBuilder Time(DateTimeOffset time, string kind, string text)
    {
        var element = new TagBuilder("time");
        element.Attributes["datetime"] = time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture);
        element.Attributes["data-time"] = kind;
        element.InnerHtml.Append(text);
        return element;
    }

    /// <summary>A text with elements in it: see <see cref="Element"/>. Everything else is encoded.</summary>
    public IHtmlContent Html(string key, params object[] values) =>
        new HtmlContentBuilder().AppendFormat(Language.Culture, HtmlEncoder.Default.Encode(this[key]), values);

    /// <summary>An element with a text, to be put into a placeholder.</summary>
    public static IHtmlContent Element(string name, string text, string? cssClass = null)
    {
        var element = new TagBuilder(name);
        element.InnerHtml.Append(text);
        if (cssClass is not null)
        {
            element.AddCssClass(cssClass);
        }

        return element;
    }

    /// <summary>A text that depends on a number: its keys end in the category that Unicode's plural rules give for the language.</summary>
    public string Count(string key, int number)
    {
        var category = PluralCategory(number);
        var known = s_resources.GetString($"{key}.{category}", Language.Culture) is not null;
        return this[$"{key}.{(known ? category : "other")}", number];
    }

    /// <summary>A length of time, in its largest fitting unit.</summary>
    public string Duration(TimeSpan time) => time switch
    {
        { TotalDays: >= 1 } => Count("Duration.Days", (int)Math.Round(time.TotalDays)),
        { TotalHours: >= 1 } => Count("Duration.Hours", (int)Math.Round(time.TotalHours)),
        { TotalMinutes: > 1 } => Count("Duration.Minutes", (int)Math.Ceiling(time.TotalMinutes)),
        _ => Count("Duration.Seconds", Math.Max(1, (int)Math.Ceiling(time.TotalSeconds))),
    };

    /// <summary>What the client says the person prefers; whoever has chosen at this browser knows better.</summary>
    public void Prefer(string? uiLocales)
    {
        foreach (var tag in (uiLocales ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!_chosen && Language.Find(tag) is { } language)
            {
                Language = language;
                return;
            }
        }
    }

    /// <summary>Asks the browser, once: a page may have been told of a better language meanwhile.</summary>
    internal void Choose(HttpRequest request)
    {
        if (_asked)
        {
            return;
        }

        _asked = true;
        if (LanguageCookie.Read(request) is { } chosen)
        {
            (Language, _chosen) = (chosen, true);
            return;
        }

        var accepted = request.GetTypedHeaders().AcceptLanguage
            .OrderByDescending(tag => tag.Quality ?? 1)
            .Where(tag => tag.Quality != 0)
            .Select(tag => Language.Find(tag.Value.AsSpan()));
        Language = accepted.FirstOrDefault(language => language is not null) ?? Language.All[0];
    }

    private string PluralCategory(int number) => (Language.Code, number, number % 100) switch
    {
        ("ar", 2, _) => "two",
        ("ar", _, >= 3 and <= 10) => "few",
        ("fr", 0, _) or (_, 1, _) => "one",
        _ => "other",
    };
}
