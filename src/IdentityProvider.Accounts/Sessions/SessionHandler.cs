using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Accounts.Sessions;

/// <summary>
/// Authenticates a request by the session that its cookie names. ASP.NET's cookie handler would put a protected ticket into the cookie;
/// here the cookie is a handle, and the session row is judged at every request.
/// </summary>
internal sealed class SessionHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> options,
    ILoggerFactory logger,
    UrlEncoder encoder,
    SessionCookie cookie,
    BrowserStateCookie browserState,
    ISessionStore sessions,
    IOptions<SessionOptions> sessionOptions)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (cookie.ReadHash(Request) is not { } handle)
        {
            return AuthenticateResult.NoResult();
        }

        var session = await sessions.FindAsync(handle, sessionOptions.Value.IdleLifetime, Context.RequestAborted);
        if (session is null)
        {
            browserState.Forget(Context);
            return AuthenticateResult.Fail("The session has ended.");
        }

        var principal = new ClaimsPrincipal(new SessionIdentity(session));
        return AuthenticateResult.Success(new AuthenticationTicket(principal, Scheme.Name));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        var returnUrl = HttpMethods.IsGet(Request.Method) ? OriginalPathBase + OriginalPath + Request.QueryString : OriginalPathBase + "/account";
        Response.StatusCode = StatusCodes.Status303SeeOther;
        Response.Headers.Location = $"{Request.PathBase}/account/login?returnUrl={Uri.EscapeDataString(returnUrl)}";
        return Task.CompletedTask;
    }
}
