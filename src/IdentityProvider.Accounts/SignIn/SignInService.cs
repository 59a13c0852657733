using IdentityProvider.Accounts.Devices;
using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Factors;
using IdentityProvider.Accounts.Passkeys;
using IdentityProvider.Accounts.Passwords;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Accounts.Throttling;
using IdentityProvider.Accounts.Users;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Accounts.SignIn;

/// <summary>Signs people in and out at this browser.</summary>
public sealed partial class SignInService
{
    private static readonly Proof s_password = new(AuthenticationLevel.OneFactor, [AuthenticationLevel.Password]);

    private readonly UserManager<User> _users;
    private readonly PasswordHashing _hashing;
    private readonly SignInThrottle _throttle;
    private readonly WorkChallenges _work;
    private readonly PasswordGuard _guard;
    private readonly KnownDevices _devices;
    private readonly ISessionStore _sessions;
    private readonly SessionCookie _cookie;
    private readonly SessionStarter _starter;
    private readonly PendingSecondFactors _secondFactors;
    private readonly TrustedDevices _trusted;
    private readonly PasskeyCeremonies _passkeys;
    private readonly IFactorStore _factors;
    private readonly IAccountEvents _events;
    private readonly BreachedPasswords _breached;
    private readonly PendingNewPasswords _newPasswords;
    private readonly ExemptPasswords _exempt;
    private readonly AccountOptions _options;
    private readonly ILogger<SignInService> _logger;

    internal SignInService(
        UserManager<User> users,
        PasswordHashing hashing,
        SignInThrottle throttle,
        WorkChallenges work,
        PasswordGuard guard,
        KnownDevices devices,
        ISessionStore sessions,
        SessionCookie cookie,
        SessionStarter starter,
        PendingSecondFactors secondFactors,
        TrustedDevices trusted,
        PasskeyCeremonies passkeys,
        IFactorStore factors,
        IAccountEvents events,
        BreachedPasswords breached,
        PendingNewPasswords newPasswords,
        ExemptPasswords exempt,
        IOptions<AccountOptions> options,
        ILogger<SignInService> logger)
    {
        _users = users;
        _hashing = hashing;
        _throttle = throttle;
        _work = work;
        _guard = guard;
        _devices = devices;
        _sessions = sessions;
        _cookie = cookie;
        _starter = starter;
        _secondFactors = secondFactors;
        _trusted = trusted;
        _passkeys = passkeys;
        _factors = factors;
        _events = events;
        _breached = breached;
        _newPasswords = newPasswords;
        _exempt = exempt;
        _options = options.Value;
        _logger = logger;
    }

    /// <summary>
    /// Checks user name or e-mail address and password, and on success starts a new session and puts its cookie on the response.
    /// An unknown name, and an account that may not sign in, cost the same time as a wrong password. After too many failures nothing is
    /// checked for a while, a right password included. Who has set up two steps has to give a second factor, on the way to
    /// <paramref name="destination"/>, through <see cref="SecondFactorService"/>.
    /// </summary>
    /// <param name="context">The request.</param>
    /// <param name="identifier">User name or e-mail address.</param>
    /// <param name="password">The password.</param>
    /// <param name="remember">Keep me signed in.</param>
    /// <param name="destination">Where it leads.</param>
    /// <param name="work">The proof of work, if one was asked for.</param>
    /// <param name="everyFactor">A trusted device spares no factor: what comes next is sensitive, or the client wants a proof anew.</param>
    /// <exception cref="OverloadedException">Too many hashes are waiting.</exception>
    public async Task<SignInAnswer> PasswordSignInAsync(
        HttpContext context,
        string identifier,
        string password,
        bool remember,
        string destination,
        WorkAnswer? work = null,
        bool everyFactor = false)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(identifier);
        ArgumentNullException.ThrowIfNull(password);

        // Asked for whether there is such a person or not: both take the same time.
        var user = await FindAsync(identifier);
        var device = await _devices.FindAsync(context, user?.Id ?? Guid.Empty, context.RequestAborted);
        var attempt = SignInThrottle.AttemptOf(context.Connection.RemoteIpAddress, identifier, user?.Id, device?.Id);
        var verdict = await _throttle.TakeAsync(attempt, context);
        if (verdict.Wait is { } wait)
        {
            SignInThrottled();
            return new SignInAnswer(SignInOutcome.Throttled, wait);
        }

        if (verdict.Suspicious && !await _work.AcceptAsync(context, identifier, work))
        {
            // It was no guess. What everybody together has tried at the account stays counted, so that it does not flutter at the limit.
            await _throttle.GiveBackAsync(attempt with { EverywhereKey = null });
            return new SignInAnswer(SignInOutcome.WorkRequired) { Work = await _work.IssueAsync(context, identifier) };
        }

        SignInAnswer? answer = null;
        try
        {
            answer = await CheckAsync(context, user, device, identifier, password, remember, destination, everyFactor);
        }
        finally
        {
            // An outage or an overload on the way was nobody's failure.
            await (answer?.Outcome switch
            {
                SignInOutcome.Refused => Task.CompletedTask,
                SignInOutcome.Succeeded or SignInOutcome.SecondFactorRequired or SignInOutcome.NewPasswordRequired or SignInOutcome.AddressUnverified => _throttle.SucceededAsync(attempt),
                _ => _throttle.GiveBackAsync(attempt),
            });
        }

        return verdict.Suspicious && answer is { Outcome: SignInOutcome.Refused } refused
            ? refused with { Work = await _work.IssueAsync(context, identifier) }
            : answer.Value;
    }

    /// <summary>What a browser needs to ask for a passkey at sign-in: the same for everybody.</summary>
    public Task<PasskeyPrompt> PromptAsync(HttpContext context) => _passkeys.PromptAsync(context, PasskeyPurpose.SignIn, userId: null);

    /// <summary>Checks a passkey, which says itself whose it is, and on success starts a new session.</summary>
    public async Task<SignInAnswer> PasskeySignInAsync(HttpContext context, PasskeyAnswer answer, bool remember)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(answer);
        var attempt = SignInThrottle.PasskeyAttemptOf(context.Connection.RemoteIpAddress, answer.Challenge ?? "");
        if ((await _throttle.TakeAsync(attempt, context)).Wait is { } wait)
        {
            SignInThrottled();
            return new SignInAnswer(SignInOutcome.Throttled, wait);
        }

        VerifiedPasskey? verified;
        try
        {
            verified = await _passkeys.VerifyAsync(context, PasskeyPurpose.SignIn, userId: null, answer);
        }
        catch
        {
            await _throttle.GiveBackAsync(attempt);
            throw;
        }

        if (verified is null)
        {
            Failed(context, user: null, "passkey");
            return new SignInAnswer(SignInOutcome.Refused, UnknownPasskey: await _passkeys.FindUnknownAsync(answer));
        }

        await _throttle.SucceededAsync(attempt);
        var proof = new Proof(AuthenticationLevel.PhishingResistant, AuthenticationLevel.Passkey(verified.Passkey.IsBackupEligible));
        if (MustVerify(verified.User))
        {
            return new SignInAnswer(SignInOutcome.AddressUnverified) { Unverified = verified.User, Proof = proof };
        }

        return new SignInAnswer(await _starter.StartAsync(context, verified.User, proof, remember) ? SignInOutcome.Succeeded : SignInOutcome.Refused);
    }

    /// <summary>
    /// Ends the session of this browser, if there is one, and removes the cookie. It may be idle for too long to sign anybody in: what it gave
    /// to clients ends nevertheless. Returns it, if this very call ended it.
    /// </summary>
    public async Task<EndedUserSession?> SignOutAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var ended = _cookie.ReadHash(context.Request) is { } handle ? await _sessions.EndByHandleAsync(handle, "logout") : null;
        _cookie.Delete(context.Response);
        if (ended is not null)
        {
            SignedOut(ended.UserId, ended.Id);
            _events.Report(new AccountEvent(AccountEventTypes.Logout) { UserId = ended.UserId, SessionId = ended.Id }, context);
        }

        return ended;
    }

    /// <summary>Who was signed in at this browser and has left it for too long, so that nobody is now; null: nobody.</summary>
    public async Task<IdleSession?> FindIdleAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return _cookie.ReadHash(context.Request) is { } handle ? await _sessions.FindIdleAsync(handle, context.RequestAborted) : null;
    }

    private bool MustVerify(User user) => _options.RequireVerifiedEmail && user is { EmailConfirmed: false, Email: not null };

    private async Task<SignInAnswer> CheckAsync(
        HttpContext context, User? user, KnownDevice? device, string identifier, string password, bool remember, string destination, bool everyFactor)
    {
        // A known device has ten guesses of its own; everybody else shares the hundred that the password has.
        var count = device is null ? await _guard.TakeAsync(user, identifier) : 1;
        var network = SignInThrottle.NetworkOf(context.Connection.RemoteIpAddress);
        PasswordVerificationResult result;
        try
        {
            result = user is { PasswordHash: { } hash, DisabledAt: null } && count > 0
                ? await _hashing.VerifyAsync(hash, password, network)
                : await _hashing.VerifyDecoyAsync(password, network);
        }
        catch when (device is null)
        {
            await _guard.GiveBackAsync(user, identifier);
            throw;
        }

        if (user is null || result == PasswordVerificationResult.Failed)
        {
            SignInRefused();
            await FailedAsync(context, user, device, identifier, count);
            return new SignInAnswer(SignInOutcome.Refused);
        }

        if (result == PasswordVerificationResult.SuccessRehashNeeded)
        {
            user.PasswordHash = await _hashing.HashAsync(password, network);
            // A failure means that the account changed at the same moment; the next sign-in tries again.
            await _users.UpdateAsync(user);
        }

        if (user.PasswordChangeReason is null && !_exempt.Passwords.Contains(password) && await _breached.ContainsAsync(password, context.RequestAborted))
        {
            user.PasswordChangeReason = PasswordChangeReasons.Breached;
            await _users.UpdateAsync(user);
        }

        var factors = await _factors.ReadAsync(user.Id, context.RequestAborted);
        var secondFactor = user.MustEnrolSecondFactor
            || (factors.TwoStep && (everyFactor || user.PasswordChangeReason is not null || !await _trusted.TrustsAsync(context, user)));

        // Where a second factor is to come, it ends the row of failures: else each right password would buy another hundred codes.
        await (!secondFactor ? _guard.SucceededAsync(user) : device is null ? _guard.GiveBackAsync(user, identifier) : Task.CompletedTask);
        if (MustVerify(user))
        {
            return new SignInAnswer(SignInOutcome.AddressUnverified) { Unverified = user, Proof = s_password };
        }

        if (secondFactor)
        {
            _secondFactors.Begin(context, user, [AuthenticationLevel.Password], remember, destination);
            return new SignInAnswer(SignInOutcome.SecondFactorRequired);
        }

        if (user.PasswordChangeReason is not null)
        {
            _newPasswords.Tickets.Begin(context, user, [AuthenticationLevel.Password], remember, destination);
            return new SignInAnswer(SignInOutcome.NewPasswordRequired);
        }

        if (await _starter.StartAsync(context, user, s_password, remember))
        {
            return new SignInAnswer(SignInOutcome.Succeeded, OfferPasskey: factors.OfferPasskey);
        }

        Failed(context, user, "password, account changed meanwhile");
        return new SignInAnswer(SignInOutcome.Refused);
    }

    private async Task FailedAsync(HttpContext context, User? user, KnownDevice? device, string identifier, int count)
    {
        Failed(context, user, (user, count) switch
        {
            ({ DisabledAt: not null }, _) => "password, account locked",
            (_, 0) => "password, refused to unknown devices",
            _ => "password",
        }, identifier);
        if (device is not null)
        {
            await _devices.FailedAsync(device);
        }
        else if (user is { DisabledAt: null })
        {
            await _guard.FailedAsync(context, user, count);
        }
    }

    private void Failed(HttpContext context, User? user, string detail, string? identifier = null) => _events.Report(
        new AccountEvent(AccountEventTypes.LoginFailure) { UserId = user?.Id, UnknownIdentifier = user is null ? identifier : null, Detail = detail }, context);

    /// <summary>
    /// By name, or by an address that its owner has confirmed. Anybody can register with anybody's address: if it signed in here, it would tell
    /// whether it has an owner.
    /// </summary>
    private async Task<User?> FindAsync(string identifier) =>
        await _users.FindByNameAsync(identifier)
        ?? (identifier.Contains('@', StringComparison.Ordinal) && await _users.FindByEmailAsync(identifier) is { EmailConfirmed: true } owner ? owner : null);

    [LoggerMessage(1001, LogLevel.Information, "Sign-in refused")]
    private partial void SignInRefused();

    [LoggerMessage(1003, LogLevel.Warning, "Sign-in not checked: too many failures before it")]
    private partial void SignInThrottled();

    [LoggerMessage(1002, LogLevel.Information, "Signed out: user {UserId}, session {SessionId}")]
    private partial void SignedOut(Guid userId, Guid sessionId);
}
