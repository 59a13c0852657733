using System.Net;
using AngleSharp.Html.Dom;
using AngleSharp.Html.Parser;

namespace IdentityProvider.Tests.Support;

/// <summary>Where a browser came to rest.</summary>
/// <param name="Url">The last address at the provider.</param>
/// <param name="Response">Its answer.</param>
/// <param name="Text">The body.</param>
/// <param name="Leaves">Where the answer redirects to, when that is not the provider; the browser does not go there.</param>
/// <param name="Visited">Every address on the way.</param>
internal sealed record Page(Uri Url, HttpResponseMessage Response, string Text, string? Leaves, IReadOnlyList<Uri> Visited)
{
    private IHtmlDocument? _document;

    public HttpStatusCode Status => Response.StatusCode;

    public IHtmlDocument Document => _document ??= new HtmlParser().ParseDocument(Text);

    public bool IsSignIn => Leaves is null && Has("login-submit");

    public bool IsConsent => Leaves is null && Has("consent-allow");

    public bool IsLogoutQuestion => Leaves is null && Has("logout-confirm");

    public bool IsLoggedOut => Leaves is null && Url.AbsolutePath == "/account/logged-out";

    /// <summary>The code that the error page shows.</summary>
    public string? ErrorCode => Leaves is null ? Document.GetElementById("error-code")?.TextContent : null;

    /// <summary>The cause that the error page shows in Development.</summary>
    public string? ErrorDescription => Document.GetElementById("error-description")?.TextContent;

    public bool Has(string id) => Document.GetElementById(id) is not null;

    public string Header(string name) =>
        string.Join(", ", (Response.Headers.TryGetValues(name, out var values) || Response.Content.Headers.TryGetValues(name, out values)) ? values : []);
}
