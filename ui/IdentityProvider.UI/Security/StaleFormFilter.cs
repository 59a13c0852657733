using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Core.Infrastructure;
using Microsoft.AspNetCore.Mvc.Filters;

namespace IdentityProvider.UI.Security;

/// <summary>
/// A form whose antiforgery token does not fit was mostly made honestly: the person signed in or out in another tab meanwhile,
/// or came back after days. So the browser is sent to the page itself, which shows what is possible now.
/// Nothing of the form has been acted on.
/// </summary>
internal sealed class StaleFormFilter : IAlwaysRunResultFilter
{
    public const string QueryKey = "stale";

    public void OnResultExecuting(ResultExecutingContext context)
    {
        if (context.Result is not IAntiforgeryValidationFailedResult)
        {
            return;
        }

        var request = context.HttpContext.Request;
        var query = request.Query.ContainsKey(QueryKey) ? request.QueryString : request.QueryString.Add(QueryKey, "true");
        context.Result = new SeeOtherResult(request.PathBase.ToUriComponent() + request.Path.ToUriComponent() + query.ToUriComponent());
    }

    public void OnResultExecuted(ResultExecutedContext context)
    {
    }

    /// <summary>Whether the browser comes from a form that was not accepted.</summary>
    public static bool Announces(HttpRequest request) => HttpMethods.IsGet(request.Method) && request.Query.ContainsKey(QueryKey);
}
