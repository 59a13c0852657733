using System.Net;
using System.Text.Json;
using AngleSharp;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using Xunit;

namespace IdentityProvider.Testing;

/// <summary>What a browser does with pages and forms.</summary>
public static class HttpExtensions
{
    /// <summary>Opens the page, and posts its first form with these fields filled in, hidden ones included.</summary>
    public static async Task<HttpResponseMessage> PostFormAsync(this HttpClient browser, string url, Dictionary<string, string> fields)
    {
        using var page = await browser.GetAsync(url);
        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        var document = await page.ReadHtmlAsync();
        var form = document.Forms[0] ?? throw new InvalidOperationException($"{url} has no form.");
        var hidden = form.QuerySelectorAll<IHtmlInputElement>("input[type=hidden]").Select(input => KeyValuePair.Create(input.Name!, input.Value));
        var action = form.GetAttribute("action") is { Length: > 0 } target ? new System.Uri(page.RequestMessage!.RequestUri!, target).PathAndQuery : url;
        using var content = new FormUrlEncodedContent(hidden.Where(input => !fields.ContainsKey(input.Key)).Concat(fields));
        return await browser.PostAsync(action, content);
    }

    public static async Task<HttpResponseMessage> PostAsync(this HttpClient http, string url, params (string Name, string Value)[] fields)
    {
        using var content = new FormUrlEncodedContent(fields.Select(field => KeyValuePair.Create(field.Name, field.Value)));
        return await http.PostAsync(url, content);
    }

    public static async Task<IHtmlDocument> ReadHtmlAsync(this HttpResponseMessage response)
    {
        Assert.Equal("text/html", response.Content.Headers.ContentType?.MediaType);
        var context = BrowsingContext.New(AngleSharp.Configuration.Default);
        var body = await response.Content.ReadAsStringAsync();
        return (IHtmlDocument)await context.OpenAsync(request => request.Content(body));
    }

    public static async Task<JsonElement> ReadJsonAsync(this HttpResponseMessage response)
    {
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
    }
}
