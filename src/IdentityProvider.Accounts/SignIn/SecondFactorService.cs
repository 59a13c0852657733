using IdentityProvider.Accounts.Devices;
using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Factors;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.OneTimeTokens;
using IdentityProvider.Accounts.Passkeys;
using IdentityProvider.Accounts.Throttling;
using IdentityProvider.Accounts.Users;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Logging;

namespace IdentityProvider.Accounts.SignIn;

/// <summary>Somebody of whom a second factor is wanted.</summary>
public sealed record SecondFactorRequest
{
    /// <summary>Their user name.</summary>
    public required string Username { get; init; }

    /// <summary>They are signed in already, and prove more (<c>acr_values</c>).</summary>
    public required bool StepUp { get; init; }

    /// <summary>What they have set up.</summary>
    public required FactorState Factors { get; init; }

    /// <summary>Nothing but a passkey would raise the session: it began with a code by e-mail, and has the one factor that may follow that.</summary>
    public bool OnlyPasskey => StepUp && Amr is [AuthenticationLevel.OneTimePassword];

    /// <summary>A code of an operator is accepted in place of a factor, or nothing else is.</summary>
    public bool TakesOperatorCode { get; init; }

    /// <summary>Which code that would be; null: none has been handed out.</summary>
    internal Guid? OperatorCode { get; init; }

    internal User User { get; init; } = null!;

    internal IReadOnlyList<string> Amr { get; init; } = [];

    internal bool Remember { get; init; }

    internal string Destination { get; init; } = "";

    /// <summary>How long ago the session that is to rise was started.</summary>
    internal TimeSpan Age { get; init; }
}

/// <summary>The second step of a sign-in, and the rise of a session that has one factor.</summary>
public sealed partial class SecondFactorService
{
    private readonly UserManager<User> _users;
    private readonly IFactorStore _factors;
    private readonly IOneTimeTokenStore _tokens;
    private readonly PendingSecondFactors _pending;
    private readonly PendingNewPasswords _newPasswords;
    private readonly SessionStarter _sessions;
    private readonly PasskeyCeremonies _passkeys;
    private readonly SignInThrottle _throttle;
    private readonly PasswordGuard _guard;
    private readonly KnownDevices _devices;
    private readonly IAccountEvents _events;
    private readonly TrustedDevices _trusted;
    private readonly TimeProvider _time;
    private readonly ILogger<SecondFactorService> _logger;

    internal SecondFactorService(
        UserManager<User> users,
        IFactorStore factors,
        IOneTimeTokenStore tokens,
        PendingSecondFactors pending,
        PendingNewPasswords newPasswords,
        SessionStarter sessions,
        PasskeyCeremonies passkeys,
        SignInThrottle throttle,
        PasswordGuard guard,
        KnownDevices devices,
        IAccountEvents events,
        TrustedDevices trusted,
        TimeProvider time,
        ILogger<SecondFactorService> logger)
    {
        _users = users;
        _factors = factors;
        _tokens = tokens;
        _pending = pending;
        _newPasswords = newPasswords;
        _sessions = sessions;
        _passkeys = passkeys;
        _throttle = throttle;
        _guard = guard;
        _devices = devices;
        _events = events;
        _trusted = trusted;
        _time = time;
        _logger = logger;
    }

    /// <summary>
    /// Who is at this page: somebody who has just given a password on the way to <paramref name="destination"/>, or else who is signed in.
    /// Null: nobody, or no longer.
    /// </summary>
    public async Task<SecondFactorRequest?> FindAsync(HttpContext context, string destination)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (_pending.Find(context, destination) is { } ticket)
        {
            var user = await _users.FindByIdAsync(ticket.UserId.ToString("D"));
            return user is not null && PendingSecondFactors.Holds(ticket, user)
                ? await RequestAsync(user, ticket.Amr, ticket.Remember, destination, stepUp: false, context)
                : null;
        }

        if (await SessionStarter.CurrentAsync(context) is not { } session || await _users.FindByIdAsync(session.UserId.ToString("D")) is not { } own)
        {
            return null;
        }

        return own.Epoch == session.UserEpoch
            ? await RequestAsync(own, session.Amr, session.Persistent, destination, stepUp: true, context) with { Age = session.Now - session.AuthTime }
            : null;
    }

    /// <summary>For how long a device is trusted that the person does not want to be asked at again; zero: it never is.</summary>
    public TimeSpan DeviceTrust => _trusted.Lifetime;

    /// <summary>Checks a code of the authenticator app, and starts or raises the session.</summary>
    /// <param name="context">The request.</param>
    /// <param name="request">Of whom it is wanted.</param>
    /// <param name="code">The code.</param>
    /// <param name="trustDevice">The person does not want to be asked at this device again for <see cref="DeviceTrust"/>.</param>
    public Task<SignInAnswer> UseTotpAsync(HttpContext context, SecondFactorRequest request, string code, bool trustDevice = false)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(code);
        return CheckAsync(
            context, request, "app", AuthenticationLevel.OneTimePassword, () => ConsumeTotpAsync(request.User.Id, code, context.RequestAborted), guessable: true, trustDevice);
    }

    /// <summary>Checks a recovery code and uses it up, and starts or raises the session.</summary>
    public Task<SignInAnswer> UseRecoveryCodeAsync(HttpContext context, SecondFactorRequest request, string code)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(code);
        return CheckAsync(context, request, "recovery code", AuthenticationLevel.OneTimePassword, async () =>
        {
            var notice = new ChangeNotice(AccountEventTypes.RecoveryCodeUsed, _events.OriginOf(context))
            {
                Mail = MailTemplates.SecurityChanged,
                MailValues = new Dictionary<string, string> { ["change"] = AccountEventTypes.RecoveryCodeUsed },
            };
            var used = RecoveryCodes.Normalize(code) is { } normal && await _factors.ConsumeRecoveryCodeAsync(request.User.Id, normal, notice);
            if (used)
            {
                _events.Report(notice.ToEvent(request.User.Id), context);
                RecoveryCodeUsed(request.User.Id);
            }

            return used;
        });
    }

    /// <summary>
    /// Checks a code that an operator has handed out, and uses it up. It stands in for a second factor once, for who has lost all of theirs:
    /// it is nothing without the first one.
    /// </summary>
    public Task<SignInAnswer> UseOperatorCodeAsync(HttpContext context, SecondFactorRequest request, string code)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(code);
        return CheckAsync(context, request, "code of an operator", AuthenticationLevel.OneTimePassword, async () =>
        {
            var digits = string.Concat(code.Where(char.IsAsciiDigit));
            if (request is not { TakesOperatorCode: true, OperatorCode: { } token }
                || (await _tokens.TryCodeAsync(OneTimeTokenPurposes.OperatorCode, token, digits, browserHash: null)).Verdict != OneTimeCodeVerdict.Right)
            {
                return false;
            }

            var notice = new ChangeNotice(AccountEventTypes.OneTimeCodeUsed, _events.OriginOf(context))
            {
                Mail = MailTemplates.SecurityChanged,
                MailValues = new Dictionary<string, string> { ["change"] = AccountEventTypes.OneTimeCodeUsed },
            };
            await _factors.TellAsync(request.User.Id, notice);
            _events.Report(notice.ToEvent(request.User.Id), context);
            return true;
        });
    }

    /// <summary>What a browser needs to ask for a passkey here.</summary>
    public Task<PasskeyPrompt> PromptAsync(HttpContext context, SecondFactorRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _passkeys.PromptAsync(context, PasskeyPurpose.SecondFactor, request.User.Id);
    }

    /// <summary>Checks a passkey of this very person, and starts or raises the session.</summary>
    public async Task<SignInAnswer> UsePasskeyAsync(HttpContext context, SecondFactorRequest request, PasskeyAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(answer);
        var attempt = SignInThrottle.PasskeyAttemptOf(context.Connection.RemoteIpAddress, answer.Challenge ?? "");
        if ((await _throttle.TakeAsync(attempt, context)).Wait is { } wait)
        {
            return new SignInAnswer(SignInOutcome.Throttled, wait);
        }

        VerifiedPasskey? verified;
        try
        {
            verified = await _passkeys.VerifyAsync(context, PasskeyPurpose.SecondFactor, request.User.Id, answer);
        }
        catch
        {
            await _throttle.GiveBackAsync(attempt);
            throw;
        }

        if (verified is null || verified.User.Id != request.User.Id)
        {
            Failed(context, request, "passkey");
            return new SignInAnswer(SignInOutcome.Refused);
        }

        await _throttle.SucceededAsync(attempt);
        await _guard.SucceededAsync(request.User);
        return await FinishAsync(context, request, "passkey", AuthenticationLevel.PhishingResistant, AuthenticationLevel.Passkey(verified.Passkey.IsBackupEligible));
    }

    private async Task<SecondFactorRequest> RequestAsync(
        User user, IReadOnlyList<string> amr, bool remember, string destination, bool stepUp, HttpContext context)
    {
        var codes = stepUp ? [] : await _tokens.ListAsync(user.Id, OneTimeTokenPurposes.OperatorCode, context.RequestAborted);
        var code = codes.Count > 0 ? codes[^1] : null;
        return new SecondFactorRequest
        {
            Username = user.UserName ?? "",
            StepUp = stepUp,
            Factors = await _factors.ReadAsync(user.Id, context.RequestAborted),
            TakesOperatorCode = !stepUp && amr is not [AuthenticationLevel.OneTimePassword] && (code is not null || user.MustEnrolSecondFactor),
            OperatorCode = code?.Id,
            User = user,
            Amr = amr,
            Remember = remember,
            Destination = destination,
        };
    }

    private async Task<bool> ConsumeTotpAsync(Guid userId, string typed, CancellationToken cancellationToken)
    {
        var code = string.Concat(typed.Where(char.IsAsciiDigit));
        return await _factors.FindTotpAsync(userId, cancellationToken) is { } authenticator
            && Totp.FindStep(authenticator.Secret, code, _time.GetUtcNow()) is { } step
            && await _factors.ConsumeTotpStepAsync(userId, authenticator.Id, step);
    }

    /// <summary>
    /// Counted before it is checked, like a password. What is short enough to be guessed counts per account whatever the network, since who gets
    /// here has the password, and among the hundred wrong passwords in a row; but at a known device by itself. So whoever has the password can
    /// close neither the owner's devices nor the recovery codes.
    /// </summary>
    private async Task<SignInAnswer> CheckAsync(
        HttpContext context, SecondFactorRequest request, string kind, string method, Func<Task<bool>> check, bool guessable = false, bool trustDevice = false)
    {
        var user = request.User;
        var device = await _devices.FindAsync(context, user.Id, context.RequestAborted);
        var address = context.Connection.RemoteIpAddress;
        var attempt = guessable ? SignInThrottle.CodeAttemptOf(address, user.Id, device?.Id) : SignInThrottle.RecoveryAttemptOf(address, user.Id);
        if ((await _throttle.TakeAsync(attempt, context)).Wait is { } wait)
        {
            return new SignInAnswer(SignInOutcome.Throttled, wait);
        }

        var guarded = guessable && device is null;
        int? count = null;
        bool? right = null;
        try
        {
            count = guarded ? await _guard.TakeAsync(user, "") : 1;
            right = count > 0 && await check();
        }
        finally
        {
            await (right switch
            {
                true => _throttle.SucceededAsync(attempt),
                false => Task.CompletedTask,
                null => _throttle.GiveBackAsync(attempt),
            });
            if (right is null && guarded && count is not null)
            {
                await _guard.GiveBackAsync(user, "");
            }
        }

        if (right is not true)
        {
            Failed(context, request, count > 0 ? kind : $"{kind}, refused to unknown devices");
            if (guarded)
            {
                await _guard.FailedAsync(context, user, count ?? 0);
            }
            else if (guessable)
            {
                await _devices.FailedAsync(device!);
            }

            return new SignInAnswer(SignInOutcome.Refused);
        }

        await _guard.SucceededAsync(user);

        // A code by e-mail is no factor (NIST SP 800-63B-4 §3.1.3): the one that comes after it is the first.
        return request.Amr is [AuthenticationLevel.OneTimePassword]
            ? await FinishAsync(context, request, kind, AuthenticationLevel.OneFactor, [method], trustDevice)
            : await FinishAsync(context, request, kind, AuthenticationLevel.TwoFactors, [method, AuthenticationLevel.MultipleFactors], trustDevice);
    }

    private async Task<SignInAnswer> FinishAsync(
        HttpContext context, SecondFactorRequest request, string kind, string acr, IReadOnlyList<string> methods, bool trustDevice = false)
    {
        if (!request.StepUp && request.User.PasswordChangeReason is not null && request.Amr.Contains(AuthenticationLevel.Password))
        {
            _pending.End(context, request.Destination);
            _newPasswords.Tickets.Begin(context, request.User, AuthenticationLevel.Join(request.Amr, methods), request.Remember, request.Destination, trustDevice);
            return new SignInAnswer(SignInOutcome.NewPasswordRequired);
        }

        // Without a passkey, which proves everything, it is the first factor's time that counts: a code alone makes nobody freshly signed in.
        var proof = new Proof(acr, AuthenticationLevel.Join(request.Amr, methods))
        {
            Age = acr == AuthenticationLevel.PhishingResistant ? TimeSpan.Zero : request.Age,
            Raises = request.StepUp,
        };
        if (!await _sessions.StartAsync(context, request.User, proof, request.Remember, trustDevice))
        {
            return new SignInAnswer(SignInOutcome.Refused);
        }

        _pending.End(context, request.Destination);
        _events.Report(new AccountEvent(AccountEventTypes.MfaSuccess) { UserId = request.User.Id, Detail = kind }, context);
        return new SignInAnswer(SignInOutcome.Succeeded, OfferPasskey: request.Factors.OfferPasskey);
    }

    private void Failed(HttpContext context, SecondFactorRequest request, string kind)
    {
        Refused(request.User.Id);
        _events.Report(new AccountEvent(AccountEventTypes.MfaFailure) { UserId = request.User.Id, Detail = kind }, context);
    }

    [LoggerMessage(1010, LogLevel.Information, "Second factor refused: user {UserId}")]
    private partial void Refused(Guid userId);

    [LoggerMessage(1011, LogLevel.Information, "Recovery code used: user {UserId}")]
    private partial void RecoveryCodeUsed(Guid userId);
}
