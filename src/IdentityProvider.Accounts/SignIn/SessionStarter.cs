using IdentityProvider.Accounts.Devices;
using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Accounts.Users;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Accounts.SignIn;

/// <summary>What somebody has just proved.</summary>
/// <param name="Acr">The authentication context class that it adds up to.</param>
/// <param name="Amr">The methods, by RFC 8176.</param>
internal sealed record Proof(string Acr, IReadOnlyList<string> Amr)
{
    /// <summary>How long ago, where somebody else has witnessed it.</summary>
    public TimeSpan Age { get; init; }
}

/// <summary>Turns a proof into the session of this browser.</summary>
internal sealed partial class SessionStarter(
    ISessionStore sessions,
    SessionCookie cookie,
    KnownDevices devices,
    TrustedDevices trusted,
    SignInNotices notices,
    LastMethod lastMethod,
    IAccountEvents events,
    IOptions<SessionOptions> options,
    TimeProvider time,
    ILogger<SessionStarter> logger)
{
    private const int LongestUserAgent = 256;

    private readonly SessionOptions _options = options.Value;

    public static async Task<UserSession?> CurrentAsync(HttpContext context)
    {
        var result = await context.AuthenticateAsync(SessionCookie.Scheme);
        return (result.Principal?.Identity as SessionIdentity)?.Session;
    }

    /// <summary>
    /// Every sign-in, and every further factor, gets a new handle, so that a handle known from before is worth nothing (session fixation).
    /// The same person keeps the session itself, and with it the grants that end with it; another person's session ends here.
    /// False when the person has been disabled or changed meanwhile.
    /// </summary>
    public async Task<bool> StartAsync(HttpContext context, User user, Proof proof, bool remember, bool trustDevice = false)
    {
        var current = await CurrentAsync(context);
        var continued = current is not null && current.UserId == user.Id && current.UserEpoch == user.Epoch;
        if (current is not null && !continued)
        {
            await sessions.EndAsync(current.Id, "replaced");
        }

        var handle = SessionCookie.NewHandle();
        var session = new NewSession
        {
            Id = continued ? current!.Id : Guid.CreateVersion7(time.GetUtcNow()),
            HandleHash = SessionCookie.Hash(handle),
            UserId = user.Id,
            UserEpoch = user.Epoch,
            Acr = proof.Acr,
            Amr = proof.Amr,
            Age = proof.Age,
            Persistent = remember,
            IdleLifetime = _options.IdleLifetime,
            AbsoluteLifetime = _options.AbsoluteLifetime,
            RemoteAddress = context.Connection.RemoteIpAddress?.ToString(),
            UserAgent = ShortText.Of(context.Request.Headers.UserAgent.ToString(), LongestUserAgent),
        };
        if (!await sessions.SaveAsync(session))
        {
            return false;
        }

        var place = await devices.SignedInAsync(context, user.Id);
        await notices.TellAsync(context, user, session.Id, place);
        if (trustDevice)
        {
            await trusted.TrustAsync(context, user, place.DeviceId);
        }

        cookie.Write(context.Response, handle, remember ? _options.AbsoluteLifetime : null);
        lastMethod.Write(context.Response, proof.Amr);
        SignedIn(user.Id, session.Id, proof.Acr);
        events.Report(
            new AccountEvent(continued ? AccountEventTypes.LoginRenewed : AccountEventTypes.LoginSuccess)
            {
                UserId = user.Id, SessionId = session.Id, Detail = $"acr {proof.Acr}, {string.Join(' ', proof.Amr)}",
            },
            context);
        return true;
    }

    [LoggerMessage(1000, LogLevel.Information, "Signed in: user {UserId}, session {SessionId}, acr {Acr}")]
    private partial void SignedIn(Guid userId, Guid sessionId, string acr);
}
