using IdentityProvider.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace IdentityProvider.UI.Security;

/// <summary>
/// A form comes from our own pages: the browser says so, and a token that somebody has got hold of does not help another site. Before
/// antiforgery, whose refusal would lead to the page. The error page is exempt, since it shows for any request.
/// </summary>
internal sealed class CrossSiteFilter : IAuthorizationFilter, IOrderedFilter
{
    public int Order => -1000;

    public void OnAuthorization(AuthorizationFilterContext context)
    {
        var request = context.HttpContext.Request;
        if (!HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method)
            && !context.Filters.OfType<IgnoreAntiforgeryTokenAttribute>().Any()
            && IsForeign(request, context.HttpContext.RequestServices.GetRequiredService<IOptions<ProtocolOptions>>().Value.Issuer))
        {
            context.Result = new StatusCodeResult(StatusCodes.Status403Forbidden);
        }
    }

    /// <summary>
    /// Fetch Metadata, where the browser sends it; a sibling domain is foreign too. Else the origin, if it is told: on pages without a referrer
    /// browsers write "null", and the token alone decides. The pages are served under the issuer, so its origin is ours; the Host header says
    /// what a proxy or the sender makes of it.
    /// </summary>
    private static bool IsForeign(HttpRequest request, string issuer)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        if (site.Length > 0)
        {
            return site is not ("same-origin" or "none");
        }

        var origin = request.Headers.Origin.ToString();
        return origin.Length > 0 && origin != "null" && !string.Equals(origin, issuer, StringComparison.OrdinalIgnoreCase);
    }
}
