using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using IdentityProvider.Accounts.OneTimeTokens;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Filters;

namespace IdentityProvider.UI.Security;

/// <summary>
/// A page that a mail links to with a token. The token leaves the address bar, and with it the history and whatever else reads addresses, at
/// once: it goes into a cookie of this page, and the address keeps a mark that says which cookie, so that the links of two tabs stay apart.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class MailedLinkAttribute : Attribute, IResourceFilter
{
    private const string TokenKey = "token";
    private const string MarkKey = "link";
    private const string CookiePrefix = "idp.link.";
    private const int MarkSize = 12;

    /// <summary>For how long the page may stay open; the link of the mail opens it again.</summary>
    private static readonly TimeSpan s_lifetime = TimeSpan.FromHours(1);

    public void OnResourceExecuting(ResourceExecutingContext context)
    {
        var http = context.HttpContext;
        var request = http.Request;
        if (request.Query[TokenKey] is [{ } token])
        {
            if (HttpMethods.IsGet(request.Method) && OneTimeLink.Parse(token) is not null)
            {
                context.Result = Exchange(http, token);
            }
        }
        else if (request.Query[MarkKey] is [{ Length: MarkSize } mark] && request.Cookies[CookiePrefix + mark] is { } kept && MarkOf(kept) == mark)
        {
            // Not into the query: pages write their own address into links.
            context.RouteData.Values[TokenKey] = kept;
        }
    }

    public void OnResourceExecuted(ResourceExecutedContext context)
    {
    }

    /// <summary>Whether the address is, or stands for, that of a mailed link.</summary>
    public static bool IsIn(IQueryCollection query) => query.ContainsKey(TokenKey) || query.ContainsKey(MarkKey);

    private static SeeOtherResult Exchange(HttpContext http, string token)
    {
        var request = http.Request;
        var page = request.PathBase.ToUriComponent() + request.Path.ToUriComponent();
        var mark = MarkOf(token);
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["Referrer-Policy"] = "no-referrer";
        http.Response.Cookies.Append(CookiePrefix + mark, token, new CookieOptions
        {
            Path = page,
            MaxAge = s_lifetime,
            HttpOnly = true,
            Secure = request.IsHttps,

            // A mail program on the web leads here by a cross-site GET.
            SameSite = SameSiteMode.Lax,
            IsEssential = true,
        });
        var rest = request.Query.Where(pair => !string.Equals(pair.Key, TokenKey, StringComparison.OrdinalIgnoreCase) && pair.Key != MarkKey);
        return new SeeOtherResult(page + QueryString.Create([.. rest, new(MarkKey, mark)]).ToUriComponent());
    }

    /// <summary>Tells nothing of the token: 72 bits of the hash of 256 random ones.</summary>
    private static string MarkOf(string token) => Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(token)).AsSpan(0, MarkSize / 4 * 3));
}
