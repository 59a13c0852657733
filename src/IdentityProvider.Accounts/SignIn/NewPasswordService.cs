using System.Security.Cryptography;
using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Factors;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.Passwords;
using IdentityProvider.Accounts.Recovery;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Accounts.Throttling;
using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Accounts.Users;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Accounts.SignIn;

/// <summary>Passwords that are not looked up at sign-in: those of the demo people.</summary>
/// <param name="Passwords">In clear; they are on the start page anyway.</param>
public sealed record ExemptPasswords(IReadOnlySet<string> Passwords);

/// <summary>Why a person has to set another password before a sign-in goes on: values of <see cref="User.PasswordChangeReason"/>.</summary>
public static class PasswordChangeReasons
{
    /// <summary>The password is known to others.</summary>
    public const string Breached = "breached";
}

/// <summary>The time between a sign-in that was in order and the new password that has to come first.</summary>
internal sealed class PendingNewPasswords(IDataProtectionProvider protection, IOptions<SessionCookieOptions> cookies, TimeProvider time)
{
    public PendingSecondFactors Tickets { get; } = new(protection, cookies, time, "new-password");
}

/// <summary>Somebody who has to set another password.</summary>
/// <param name="Username">Their user name.</param>
/// <param name="MinLength">The fewest characters.</param>
public sealed record NewPasswordRequest(string Username, int MinLength)
{
    internal User User { get; init; } = null!;

    internal PendingSecondFactors.Ticket Ticket { get; init; } = null!;

    internal bool TwoStep { get; init; }
}

/// <summary>
/// Lets a sign-in go on once a new password is set: with all its factors given, the old password cannot be used for anything but this. It is
/// no lock: whoever has the account gets in, by setting a better password.
/// </summary>
public sealed class NewPasswordService
{
    private readonly UserManager<User> _users;
    private readonly PendingNewPasswords _pending;
    private readonly IFactorStore _factors;
    private readonly PasswordPolicy _policy;
    private readonly PasswordHashing _hashing;
    private readonly IAccountTransitions _transitions;
    private readonly SessionStarter _sessions;
    private readonly IAccountEvents _events;

    internal NewPasswordService(
        UserManager<User> users,
        PendingNewPasswords pending,
        IFactorStore factors,
        PasswordPolicy policy,
        PasswordHashing hashing,
        IAccountTransitions transitions,
        SessionStarter sessions,
        IAccountEvents events)
    {
        _users = users;
        _pending = pending;
        _factors = factors;
        _policy = policy;
        _hashing = hashing;
        _transitions = transitions;
        _sessions = sessions;
        _events = events;
    }

    /// <summary>Who is at this page, on the way to <paramref name="destination"/>; null: nobody, or no longer.</summary>
    public async Task<NewPasswordRequest?> FindAsync(HttpContext context, string destination)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (_pending.Tickets.Find(context, destination) is not { } ticket
            || await _users.FindByIdAsync(ticket.UserId.ToString("D")) is not { } user
            || !PendingSecondFactors.Holds(ticket, user))
        {
            return null;
        }

        var twoStep = (await _factors.ReadAsync(user.Id, context.RequestAborted)).TwoStep;
        return new NewPasswordRequest(user.UserName ?? "", _policy.MinLength(twoStep)) { User = user, Ticket = ticket, TwoStep = twoStep };
    }

    /// <summary>Sets the password, ends all that the old one could do, and starts the session.</summary>
    /// <exception cref="OverloadedException">Too many hashes are waiting.</exception>
    public async Task<ResetAnswer> SetAsync(HttpContext context, NewPasswordRequest request, string password, string destination)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(password);
        var user = request.User;
        if (await _policy.CheckAsync(password, new PasswordOwner(user.UserName, user.Email, request.TwoStep), context.RequestAborted) is { } refusal)
        {
            return new ResetAnswer(ResetOutcome.Refused, refusal);
        }

        // No session goes on: the one that starts here is new.
        var change = new PasswordChange
        {
            UserId = user.Id,
            UserEpoch = user.Epoch,
            PasswordHash = await _hashing.HashAsync(password, SignInThrottle.NetworkOf(context.Connection.RemoteIpAddress)),
            ShortPassword = _policy.IsShort(password),
            SessionId = Guid.Empty,
            HandleHash = RandomNumberGenerator.GetBytes(32),
            Notice = new ChangeNotice(AccountEventTypes.PasswordChange, _events.OriginOf(context)) { Mail = MailTemplates.PasswordChanged },
        };
        _pending.Tickets.End(context, destination);
        if (await _transitions.ChangePasswordAsync(change) is null)
        {
            return new ResetAnswer(ResetOutcome.Over);
        }

        _events.Report(change.Notice.ToEvent(user.Id), context);

        // As it is after the change: the epoch has been raised.
        user.Epoch++;
        var ticket = request.Ticket;
        var acr = ticket.Amr.Contains(AuthenticationLevel.MultipleFactors) ? AuthenticationLevel.TwoFactors : AuthenticationLevel.OneFactor;
        return new ResetAnswer(
            await _sessions.StartAsync(context, user, new Proof(acr, ticket.Amr), ticket.Remember, ticket.TrustDevice) ? ResetOutcome.Done : ResetOutcome.Over);
    }
}
