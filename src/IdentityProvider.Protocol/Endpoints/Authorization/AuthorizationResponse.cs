using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using IdentityProvider.Protocol.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Protocol.Endpoints.Authorization;

/// <summary>
/// Writes authorization responses (RFC 6749 §4.1.2): in the query, the fragment, or by a form that posts itself.
/// Every one carries <c>iss</c> (RFC 9207), success or error. After a page of ours the way there is that of <see cref="WayOut"/>.
/// </summary>
internal sealed class AuthorizationResponse(IOptions<ProtocolOptions> options)
{
    private readonly string _issuer = options.Value.Issuer;

    public Task WriteCodeAsync(HttpContext context, ReplyTo replyTo, string code, string? sessionState, bool afterPage) =>
        WriteAsync(context, replyTo, afterPage, sessionState is null ? [("code", code)] : [("code", code), ("session_state", sessionState)]);

    public Task WriteErrorAsync(HttpContext context, ReplyTo replyTo, OAuthError error, bool afterPage) =>
        WriteAsync(context, replyTo, afterPage, [("error", error.Code), ("error_description", error.Description)]);

    private Task WriteAsync(HttpContext context, ReplyTo replyTo, bool afterPage, List<(string Name, string Value)> parameters)
    {
        if (replyTo.State is { } state)
        {
            parameters.Add(("state", state));
        }

        parameters.Add(("iss", _issuer));
        if (replyTo.ResponseMode == ResponseModes.FormPost)
        {
            return WriteFormAsync(context, replyTo.RedirectUri, parameters);
        }

        var encoded = string.Join('&', parameters.Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value)}"));
        var separator = replyTo.ResponseMode == ResponseModes.Fragment ? '#'
            : replyTo.RedirectUri.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        var url = $"{replyTo.RedirectUri}{separator}{encoded}";
        if (afterPage)
        {
            return WayOut.LeaveAsync(context, url);
        }

        ProtocolResponse.SeeOther(context, url);
        return Task.CompletedTask;
    }

    /// <summary>
    /// OAuth 2.0 Form Post Response Mode §2. The script is a classic one at the end of the body, which old browsers run too;
    /// without scripts the person presses the button. The policy names no form target: browsers would hold it against the redirects of
    /// the client's answer, and the page has no form but this one.
    /// </summary>
    private static Task WriteFormAsync(HttpContext context, string redirectUri, List<(string Name, string Value)> parameters)
    {
        var nonce = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(16));
        var (opening, text) = WayOut.Open(context);
        var html = new StringBuilder(opening)
            .Append("</head><body>\n")
            .Append("<form method=\"post\" action=\"").Append(WebUtility.HtmlEncode(redirectUri)).Append("\">\n");
        foreach (var (name, value) in parameters)
        {
            html.Append("<input type=\"hidden\" name=\"").Append(name).Append("\" value=\"").Append(WebUtility.HtmlEncode(value)).Append("\">\n");
        }

        html.Append("<noscript><h1>").Append(text.Title).Append("</h1><button type=\"submit\">").Append(text.ToApp).Append("</button></noscript>\n</form>\n")
            .Append("<script nonce=\"").Append(nonce).Append("\">document.forms[0].submit();</script>\n</body></html>\n");

        return ProtocolResponse.WritePageAsync(
            context, html.ToString(), $"default-src 'none'; script-src 'nonce-{nonce}'; frame-ancestors 'none'; base-uri 'none'");
    }
}
