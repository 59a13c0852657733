using IdentityProvider.Accounts.Passwords;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Accounts.Throttling;
using IdentityProvider.Accounts.Users;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Accounts.SignIn;

/// <summary>Signs people in and out at this browser.</summary>
public sealed partial class SignInService
{
    private const int LongestUserAgent = 256;

    private readonly UserManager<User> _users;
    private readonly PasswordHashing _hashing;
    private readonly SignInThrottle _throttle;
    private readonly ISessionStore _sessions;
    private readonly SessionCookie _cookie;
    private readonly SessionOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<SignInService> _logger;

    internal SignInService(
        UserManager<User> users,
        PasswordHashing hashing,
        SignInThrottle throttle,
        ISessionStore sessions,
        SessionCookie cookie,
        IOptions<SessionOptions> options,
        TimeProvider time,
        ILogger<SignInService> logger)
    {
        _users = users;
        _hashing = hashing;
        _throttle = throttle;
        _sessions = sessions;
        _cookie = cookie;
        _options = options.Value;
        _time = time;
        _logger = logger;
    }

    /// <summary>
    /// Checks user name or e-mail address and password, and on success starts a new session and puts its cookie on the response.
    /// An unknown name, and an account that may not sign in, cost the same time as a wrong password. After too many failures nothing is
    /// checked for a while, a right password included.
    /// </summary>
    /// <exception cref="OverloadedException">Too many hashes are waiting.</exception>
    public async Task<SignInAnswer> PasswordSignInAsync(HttpContext context, string identifier, string password, bool remember)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(identifier);
        ArgumentNullException.ThrowIfNull(password);

        var attempt = SignInThrottle.AttemptOf(context.Connection.RemoteIpAddress, identifier);
        if (await _throttle.TakeAsync(attempt) is { } wait)
        {
            SignInThrottled();
            return new SignInAnswer(SignInOutcome.Throttled, wait);
        }

        SignInOutcome? outcome = null;
        try
        {
            outcome = await CheckAsync(context, identifier, password, remember);
        }
        finally
        {
            // An outage or an overload on the way was nobody's failure.
            await (outcome switch
            {
                SignInOutcome.Refused => Task.CompletedTask,
                SignInOutcome.Succeeded => _throttle.SucceededAsync(attempt),
                _ => _throttle.GiveBackAsync(attempt),
            });
        }

        return new SignInAnswer(outcome.Value);
    }

    /// <summary>
    /// Ends the session of this browser, if there is one, and removes the cookie. Returns the session and the clients that took part in
    /// it, if this very call ended it.
    /// </summary>
    public async Task<(UserSession Session, IReadOnlyList<string> Clients)?> SignOutAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var session = await CurrentSessionAsync(context);
        var clients = session is null ? null : await _sessions.EndAsync(session.Id, "logout");
        _cookie.Delete(context.Response);
        if (session is null || clients is null)
        {
            return null;
        }

        SignedOut(session.UserId, session.Id);
        return (session, clients);
    }

    private async Task<SignInOutcome> CheckAsync(HttpContext context, string identifier, string password, bool remember)
    {
        var user = await FindAsync(identifier);
        var result = user is { PasswordHash: { } hash, DisabledAt: null }
            ? await _hashing.VerifyAsync(hash, password)
            : await _hashing.VerifyDecoyAsync(password);
        if (user is null || result == PasswordVerificationResult.Failed)
        {
            SignInRefused();
            return SignInOutcome.Refused;
        }

        if (result == PasswordVerificationResult.SuccessRehashNeeded)
        {
            user.PasswordHash = await _hashing.HashAsync(password);
            // A failure means that the account changed at the same moment; the next sign-in tries again.
            await _users.UpdateAsync(user);
        }

        return await StartSessionAsync(context, user, acr: "1", amr: ["pwd"], remember)
            ? SignInOutcome.Succeeded
            : SignInOutcome.Refused;
    }

    private static async Task<UserSession?> CurrentSessionAsync(HttpContext context)
    {
        var result = await context.AuthenticateAsync(SessionCookie.Scheme);
        return (result.Principal?.Identity as SessionIdentity)?.Session;
    }

    private async Task<User?> FindAsync(string identifier) =>
        await _users.FindByNameAsync(identifier)
        ?? (identifier.Contains('@', StringComparison.Ordinal) ? await _users.FindByEmailAsync(identifier) : null);

    /// <summary>
    /// Every sign-in gets a new handle, so that a handle known from before is worth nothing (session fixation). The same person keeps
    /// the session itself, and with it the grants that end with it; another person's session ends here.
    /// </summary>
    private async Task<bool> StartSessionAsync(HttpContext context, User user, string acr, IReadOnlyList<string> amr, bool remember)
    {
        var current = await CurrentSessionAsync(context);
        var continued = current is not null && current.UserId == user.Id && current.UserEpoch == user.Epoch;
        if (current is not null && !continued)
        {
            await _sessions.EndAsync(current.Id, "replaced");
        }

        var handle = SessionCookie.NewHandle();
        var session = new NewSession
        {
            Id = continued ? current!.Id : Guid.CreateVersion7(_time.GetUtcNow()),
            HandleHash = SessionCookie.Hash(handle),
            UserId = user.Id,
            UserEpoch = user.Epoch,
            Acr = acr,
            Amr = amr,
            Persistent = remember,
            IdleLifetime = _options.IdleLifetime,
            AbsoluteLifetime = _options.AbsoluteLifetime,
            RemoteAddress = context.Connection.RemoteIpAddress?.ToString(),
            UserAgent = Shorten(context.Request.Headers.UserAgent.ToString()),
        };
        if (!await _sessions.SaveAsync(session))
        {
            return false;
        }

        _cookie.Write(context.Response, handle, remember ? _options.AbsoluteLifetime : null);
        SignedIn(user.Id, session.Id, acr);
        return true;
    }

    private static string Shorten(string userAgent) =>
        userAgent.Length <= LongestUserAgent ? userAgent : userAgent[..LongestUserAgent];

    [LoggerMessage(1000, LogLevel.Information, "Signed in: user {UserId}, session {SessionId}, acr {Acr}")]
    private partial void SignedIn(Guid userId, Guid sessionId, string acr);

    [LoggerMessage(1001, LogLevel.Information, "Sign-in refused")]
    private partial void SignInRefused();

    [LoggerMessage(1003, LogLevel.Warning, "Sign-in not checked: too many failures before it")]
    private partial void SignInThrottled();

    [LoggerMessage(1002, LogLevel.Information, "Signed out: user {UserId}, session {SessionId}")]
    private partial void SignedOut(Guid userId, Guid sessionId);
}
