using IdentityProvider.Accounts.Factors;
using IdentityProvider.Accounts.Sessions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.Extensions.DependencyInjection;

namespace IdentityProvider.UI.Security;

/// <summary>
/// A page for the signed-in person. Where it is sensitive, they must have signed in a moment ago; a form that comes later is not obeyed, and
/// leads to the sign-in page and back. It comes after the gallery's filter, which shows such a page without anybody.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class SignedInAttribute : Attribute, IAsyncPageFilter, IOrderedFilter
{
    private static readonly TimeSpan s_enrolment = TimeSpan.FromMinutes(30);

    /// <summary>Sensitive.</summary>
    public bool Freshly { get; init; }

    /// <summary>Open to who has to decide first whether to keep the account.</summary>
    public bool Leaving { get; init; }

    /// <summary>Open to who has to set up a second factor first.</summary>
    public bool Enrolling { get; init; }

    public int Order => 100;

    public Task OnPageHandlerSelectionAsync(PageHandlerSelectedContext context) => Task.CompletedTask;

    public async Task OnPageHandlerExecutionAsync(PageHandlerExecutingContext context, PageHandlerExecutionDelegate next)
    {
        var http = context.HttpContext;
        var session = Find(http);
        var security = http.RequestServices.GetRequiredService<AccountSecurity>();
        if (session is null || (Freshly && !IsEnrolling(session) && !await security.IsPrivilegedAsync(session, http.RequestAborted)))
        {
            var query = QueryString.Create([new("returnUrl", ReturnPath(http)), .. session is null ? [] : (KeyValuePair<string, string?>[])[new("fresh", "true")]]);
            context.Result = new SeeOtherResult(http.Request.PathBase.ToUriComponent() + "/account/login" + query.ToUriComponent());
            return;
        }

        if (session.DeleteAfter is not null && !Leaving)
        {
            context.Result = new SeeOtherResult(http.Request.PathBase.ToUriComponent() + "/account/keep" + QueryString.Create("returnUrl", ReturnPath(http)).ToUriComponent());
            return;
        }

        if (session is { MustEnrol: true, DeleteAfter: null } && !Enrolling)
        {
            context.Result = new SeeOtherResult(http.Request.PathBase.ToUriComponent() + "/account/enrol" + QueryString.Create("returnUrl", ReturnPath(http)).ToUriComponent());
            return;
        }

        await next();
    }

    /// <summary>Who can do nothing else has the time to install an app.</summary>
    private bool IsEnrolling(UserSession session) => Enrolling && session.MustEnrol && session.Now - session.AuthTime <= s_enrolment;

    private static string ReturnPath(HttpContext http) =>
        http.Request.PathBase.ToUriComponent() + http.Request.Path.ToUriComponent() + http.Request.QueryString.ToUriComponent();

    /// <summary>The session of the request.</summary>
    public static UserSession? Find(HttpContext context) => (context.User.Identity as SessionIdentity)?.Session;

    /// <summary>The session of a request that this filter has let through.</summary>
    public static UserSession Of(HttpContext context) => Find(context) ?? throw new InvalidOperationException("The page lacks its filter.");
}
