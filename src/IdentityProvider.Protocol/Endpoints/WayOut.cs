using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace IdentityProvider.Protocol.Endpoints;

/// <summary>
/// The way from a form of ours to a client. Browsers hold the form's <c>form-action</c> against every redirect that follows it, those
/// of the client included, which we cannot name. So a browser gets a page that goes on by itself, and what comes after it follows no form.
/// </summary>
internal static class WayOut
{
    /// <summary>
    /// A browser says that it opens a document (Fetch Metadata); programs get the redirect. So does the scheme of an app, which
    /// browsers open only as a consequence of a click.
    /// </summary>
    public static Task LeaveAsync(HttpContext context, string url)
    {
        if (context.Request.Headers["Sec-Fetch-Dest"] == "document"
            && Uri.TryCreate(url, UriKind.Absolute, out var target) && target.Scheme is "http" or "https")
        {
            return WritePageAsync(context, url);
        }

        ProtocolResponse.SeeOther(context, url);
        return Task.CompletedTask;
    }

    /// <summary>The beginning of a page in the language of the request, up to its title, and what the page says.</summary>
    internal static (string Opening, OnwardText Text) Open(HttpContext context)
    {
        var text = context.RequestServices.GetRequiredService<IOnwardTexts>().For(context);
        var (title, toApp) = (WebUtility.HtmlEncode(text.Title), WebUtility.HtmlEncode(text.ToApp));
        return (
            $"""
            <!DOCTYPE html>
            <html lang="{WebUtility.HtmlEncode(text.Language)}" dir="{(text.RightToLeft ? "rtl" : "ltr")}"><head><meta charset="utf-8"><title>{title}</title>
            <meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
            """,
            text with { Title = title, ToApp = toApp });
    }

    private static Task WritePageAsync(HttpContext context, string url)
    {
        // Nobody sees the link unless the client is slow.
        var nonce = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
        var target = WebUtility.HtmlEncode(url);
        var (opening, text) = Open(context);
        var html = $$"""
            {{opening}}
            <meta http-equiv="refresh" content="0;url={{target}}">
            <style nonce="{{nonce}}">main { animation: 1s step-end late; } @keyframes late { from { opacity: 0; } }</style></head><body>
            <main><h1>{{text.Title}}</h1><p><a id="onward" href="{{target}}" rel="noreferrer">{{text.ToApp}}</a></p></main>
            </body></html>

            """;
        return ProtocolResponse.WritePageAsync(
            context, html, $"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'");
    }
}
