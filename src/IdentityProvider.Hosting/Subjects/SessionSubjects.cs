using IdentityProvider.Accounts.Factors;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Accounts.SignIn;
using IdentityProvider.Protocol.Subjects;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace IdentityProvider.Hosting.Subjects;

/// <summary>The protocol's view of the session cookie that Accounts owns.</summary>
internal sealed class SessionSubjects(BrowserStateCookie browserState, IFactorStore factors) : ISubjects
{
    public string BrowserStateCookie => browserState.Name;

    public async Task<SubjectSession?> GetSessionAsync(HttpContext context)
    {
        // The handler keeps its result for the request, so that several callers cost one round trip.
        var result = await context.AuthenticateAsync(SessionCookie.Scheme);
        return result.Principal?.Identity is SessionIdentity { Session: var session }
            ? new SubjectSession
            {
                SessionId = session.Id,
                SubjectId = session.UserId,
                SubjectEpoch = session.UserEpoch,
                Username = session.Username,
                AuthTime = session.AuthTime,
                Now = session.Now,
                Acr = session.Acr,
                Amr = session.Amr,
                Held = session.DeleteAfter is not null || session.MustEnrol,
            }
            : null;
    }

    public async Task<string> FindReachableAcrAsync(SubjectSession session, CancellationToken cancellationToken) =>
        await factors.ReadAsync(session.SubjectId, cancellationToken) switch
        {
            { Passkeys: > 0 } => AuthenticationLevel.PhishingResistant,
            { TwoStep: true } => session.Amr is ["otp"] ? AuthenticationLevel.OneFactor : AuthenticationLevel.TwoFactors,
            _ => session.Acr,
        };

    public async Task<EndedSession?> SignOutAsync(HttpContext context) =>
        await context.RequestServices.GetRequiredService<SignInService>().SignOutAsync(context) is { } ended
            ? new EndedSession(ended.Id, ended.Clients)
            : null;

    public async Task<IdleSubject?> FindIdleAsync(HttpContext context) =>
        await context.RequestServices.GetRequiredService<SignInService>().FindIdleAsync(context) is { } idle
            ? new IdleSubject(idle.Id, idle.UserId, idle.Username)
            : null;

    public string EnsureBrowserState(HttpContext context) => browserState.Ensure(context);
}
