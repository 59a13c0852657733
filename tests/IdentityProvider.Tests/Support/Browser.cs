using System.Net;
using AngleSharp.Html.Dom;
using Xunit;

namespace IdentityProvider.Tests.Support;

/// <summary>
/// What a browser without scripts does: keeps cookies, follows redirects as long as they stay at the provider, and submits forms that
/// it finds by the ids of their buttons.
/// </summary>
internal sealed class Browser(HttpMessageInvoker http, string issuer)
{
    private const int MostRedirects = 10;

    private readonly Uri _home = new(issuer);

    public CookieContainer Cookies { get; } = new();

    /// <summary>Every <c>Set-Cookie</c> header received, in order.</summary>
    public List<string> SetCookies { get; } = [];

    /// <summary>Sent with every request; a browser has one.</summary>
    public string UserAgent { get; init; } = "Mozilla/5.0 Firefox/140.0";

    public Task<Page> GetAsync(string url) => SendAsync(HttpMethod.Get, new Uri(_home, url), form: null);

    public Task<Page> PostAsync(string url, IEnumerable<KeyValuePair<string, string>> form) => SendAsync(HttpMethod.Post, new Uri(_home, url), form);

    /// <summary>Presses a button. A field with the value null is left out; several of one name replace the form's.</summary>
    public Task<Page> SubmitAsync(Page page, string buttonId, params (string Name, string? Value)[] fields)
    {
        var button = page.Document.GetElementById(buttonId) as IHtmlButtonElement
            ?? throw new InvalidOperationException($"{page.Url} ({page.Status}) has no button '{buttonId}':\n{page.Text}");
        var form = button.Form ?? throw new InvalidOperationException($"The button '{buttonId}' has no form.");
        var values = form.Elements.OfType<IHtmlInputElement>()
            .Where(input => input is { IsDisabled: false, Name.Length: > 0 } && (input.Type is not "checkbox" || input.IsChecked))
            .Where(input => fields.All(field => field.Name != input.Name))
            .Select(input => KeyValuePair.Create(input.Name!, input.Value))
            .Concat(fields.Where(field => field.Value is not null).Select(field => KeyValuePair.Create(field.Name, field.Value!)))
            .Concat(button.Name is { Length: > 0 } name ? [KeyValuePair.Create(name, button.Value)] : []);
        var action = form.GetAttribute("action") is { Length: > 0 } written ? new Uri(page.Url, written) : page.Url;
        return SendAsync(HttpMethod.Post, action, values);
    }

    public Task<Page> SignInAsync(Page page, string username = "alice", string? password = null) =>
        SubmitAsync(page, "login-submit", ("username", username), ("password", password ?? username));

    /// <summary>Goes to a URL of the provider and answers what its pages ask, until it leads back to the client or to a page of another kind.</summary>
    public async Task<Page> CompleteAsync(string url, string username = "alice")
    {
        var page = await GetAsync(url);
        if (page.IsSignIn)
        {
            page = await SignInAsync(page, username);
        }

        return page.IsConsent ? await SubmitAsync(page, "consent-allow") : page;
    }

    private async Task<Page> SendAsync(HttpMethod method, Uri url, IEnumerable<KeyValuePair<string, string>>? form)
    {
        var visited = new List<Uri>();
        while (visited.Count < MostRedirects)
        {
            visited.Add(url);
            using var request = new HttpRequestMessage(method, url);
            request.Headers.TryAddWithoutValidation("User-Agent", UserAgent);
            if (Cookies.GetCookieHeader(url) is { Length: > 0 } cookies)
            {
                request.Headers.Add("Cookie", cookies);
            }

            if (form is not null)
            {
                request.Content = new FormUrlEncodedContent(form);
            }

            Provider.AskFirst(request);
            var response = await http.SendAsync(request, CancellationToken.None);
            foreach (var cookie in response.Headers.TryGetValues("Set-Cookie", out var set) ? set : [])
            {
                SetCookies.Add(cookie);
                Cookies.SetCookies(url, cookie);
            }

            if ((int)response.StatusCode is < 300 or > 399 || response.Headers.Location is not { } location)
            {
                return new Page(url, response, await response.Content.ReadAsStringAsync(), Leaves: null, visited);
            }

            // 307 and 308 would hand a form with a password on (RFC 9700 §4.12).
            Assert.True(response.StatusCode is HttpStatusCode.Found or HttpStatusCode.SeeOther, $"{url} redirects with {response.StatusCode}");
            var target = new Uri(url, location);
            if (target.GetLeftPart(UriPartial.Authority) != _home.GetLeftPart(UriPartial.Authority))
            {
                return new Page(url, response, await response.Content.ReadAsStringAsync(), response.Headers.Location.OriginalString, visited);
            }

            (method, url, form) = (HttpMethod.Get, target, null);
        }

        throw new InvalidOperationException($"Too many redirects: {string.Join(" -> ", visited)}");
    }
}
