using AngleSharp.Html.Dom;
using Microsoft.AspNetCore.WebUtilities;
using Xunit;

namespace IdentityProvider.Tests.Support;

/// <summary>An authorization response as it reaches the client.</summary>
/// <param name="Target">The redirect URI, without the response.</param>
/// <param name="Mode"><c>query</c>, <c>fragment</c> or <c>form_post</c>.</param>
/// <param name="Parameters">The response.</param>
internal sealed record Callback(string Target, string Mode, IReadOnlyDictionary<string, string> Parameters)
{
    public string? this[string name] => Parameters.GetValueOrDefault(name);

    public string Code => this["code"] ?? throw new InvalidOperationException($"The callback has no code but {string.Join(", ", Parameters)}");

    /// <summary>Reads what the page hands to the client, by redirect or by a form that posts itself.</summary>
    public static Callback Of(Page page)
    {
        if (page.Leaves is { } url)
        {
            var mark = url.IndexOf('#', StringComparison.Ordinal);
            var mode = mark < 0 ? "query" : "fragment";
            mark = mark < 0 ? url.IndexOf('?', StringComparison.Ordinal) : mark;
            Assert.True(mark > 0, $"{url} carries no response");
            return new Callback(url[..mark], mode, Read(url[(mark + 1)..]));
        }

        Assert.True(
            page.Document.Forms is [{ Action.Length: > 0 }] && !page.Has("login-submit") && !page.Has("consent-allow"),
            $"{page.Url} ({page.Status}) does not lead back to the client:\n{page.Text}");
        var form = page.Document.Forms[0];
        var inputs = form.Elements.OfType<IHtmlInputElement>().ToArray();
        Assert.Equal("post", form.Method);
        Assert.All(inputs, input => Assert.Equal("hidden", input.Type));
        return new Callback(form.GetAttribute("action")!, "form_post", inputs.ToDictionary(input => input.Name!, input => input.Value, StringComparer.Ordinal));
    }

    private static Dictionary<string, string> Read(string encoded) =>
        QueryHelpers.ParseQuery(encoded).ToDictionary(pair => pair.Key, pair => Assert.Single(pair.Value)!, StringComparer.Ordinal);
}
