using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Filters;

namespace IdentityProvider.UI.Security;

/// <summary>The headers of every hosted page; they are set on redirects too.</summary>
internal sealed class SecurityHeadersFilter : IAlwaysRunResultFilter
{
    public void OnResultExecuting(ResultExecutingContext context)
    {
        var headers = context.HttpContext.Response.Headers;
        headers.ContentSecurityPolicy = PageSecurity.For(context.HttpContext).ContentSecurityPolicy();
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers.CacheControl = "no-store";

        // The handle of an interaction stands in the query (RFC 9700 §4.2.4), or the token of a mail.
        headers["Referrer-Policy"] = Secret(context.HttpContext.Request.Query) || PageSecurity.For(context.HttpContext).NoReferrer ? "no-referrer" : "strict-origin";
        headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()";
    }

    private static bool Secret(IQueryCollection query) => query.ContainsKey("interaction") || MailedLinkAttribute.IsIn(query);

    public void OnResultExecuted(ResultExecutedContext context)
    {
    }
}
