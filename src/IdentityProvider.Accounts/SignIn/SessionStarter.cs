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
    /// <summary>How long ago, where somebody else has witnessed it, or where the first factor was given so long ago.</summary>
    public TimeSpan Age { get; init; }

    /// <summary>It adds to what the session of this browser has, and is nothing without it.</summary>
    public bool Raises { get; init; }
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
    /// The same person keeps the session itself, an idle one too, and with it the grants that end with it; another person's session ends here.
    /// False when the person has been disabled or changed meanwhile.
    /// </summary>
    public async Task<bool> StartAsync(HttpContext context, User user, Proof proof, bool remember, bool trustDevice = false)
    {
        var current = await CurrentAsync(context);
        var idle = current is null && cookie.ReadHash(context.Request) is { } old ? await sessions.FindIdleAsync(old, CancellationToken.None) : null;
        var previous = current?.Id ?? idle?.Id;
        var continued = previous is not null && (current?.UserId ?? idle!.UserId) == user.Id && (current?.UserEpoch ?? idle!.UserEpoch) == user.Epoch;
        if (proof.Raises && (current is null || !continued))
        {
            return false;
        }

        if (previous is { } other && !continued)
        {
            await sessions.EndAsync(other, "replaced");
        }

        var handle = SessionCookie.NewHandle();
        var session = new NewSession
        {
            Id = continued ? previous!.Value : Guid.CreateVersion7(time.GetUtcNow()),
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
            // The session that was to go on may have ended meanwhile: who has proved everything anew does not depend on it.
            session = session with { Id = Guid.CreateVersion7(time.GetUtcNow()) };
            if (!continued || proof.Raises || !await sessions.SaveAsync(session))
            {
                return false;
            }

            continued = false;
        }

        // At once: the old handle is worth nothing any more, whatever happens to the rest.
        cookie.Write(context.Response, handle, remember ? _options.AbsoluteLifetime : null);
        lastMethod.Write(context.Response, proof.Amr);
        SignedIn(user.Id, session.Id, proof.Acr);
        events.Report(
            new AccountEvent(continued && current is not null ? AccountEventTypes.LoginRenewed : AccountEventTypes.LoginSuccess)
            {
                UserId = user.Id, SessionId = session.Id, Detail = $"acr {proof.Acr}, {string.Join(' ', proof.Amr)}",
            },
            context);
        await NoteDeviceAsync(context, user, session.Id, trustDevice);
        return true;
    }

    /// <summary>The session stands, so nothing of this can refuse the sign-in. Of a device that could not be told of, the next sign-in tells.</summary>
    private async Task NoteDeviceAsync(HttpContext context, User user, Guid sessionId, bool trustDevice)
    {
        try
        {
            var place = await devices.SignedInAsync(context, user.Id);
            try
            {
                await notices.TellAsync(context, user, sessionId, place);
            }
            catch when (place.NewDevice)
            {
                await devices.ForgetAsync(user.Id, place.DeviceId);
                throw;
            }

            if (trustDevice)
            {
                await trusted.TrustAsync(context, user, place.DeviceId);
            }
        }
#pragma warning disable CA1031 // Whatever it is: the person is signed in.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            DeviceNotNoted(exception, user.Id, sessionId);
        }
    }

    [LoggerMessage(1000, LogLevel.Information, "Signed in: user {UserId}, session {SessionId}, acr {Acr}")]
    private partial void SignedIn(Guid userId, Guid sessionId, string acr);

    [LoggerMessage(1004, LogLevel.Error, "Signed in, but the device was not noted, or nobody told of it: user {UserId}, session {SessionId}")]
    private partial void DeviceNotNoted(Exception exception, Guid userId, Guid sessionId);
}
