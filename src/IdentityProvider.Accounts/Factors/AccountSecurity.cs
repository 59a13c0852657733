using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.Passkeys;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Accounts.SignIn;
using IdentityProvider.Accounts.Users;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Accounts.Factors;

/// <summary>What the signed-in person sets up for their own account.</summary>
public sealed class AccountSecurity
{
    private const int LongestName = 60;
    private const int LongestTicket = 1024;

    private static readonly TimeSpan s_setUpLifetime = TimeSpan.FromMinutes(30);

    private readonly UserManager<User> _users;
    private readonly IFactorStore _factors;
    private readonly PasskeyCeremonies _passkeys;
    private readonly SessionStarter _sessions;
    private readonly IAccountEvents _events;
    private readonly IDataProtector _protector;
    private readonly TimeSpan _privilegedWindow;
    private readonly string _relyingPartyId;
    private readonly TimeProvider _time;

    internal AccountSecurity(
        UserManager<User> users,
        IFactorStore factors,
        PasskeyCeremonies passkeys,
        SessionStarter sessions,
        IAccountEvents events,
        IDataProtectionProvider protection,
        IOptions<SessionOptions> options,
        IOptions<PasskeyOptions> relyingParty,
        TimeProvider time)
    {
        _users = users;
        _factors = factors;
        _passkeys = passkeys;
        _sessions = sessions;
        _events = events;
        _protector = protection.CreateProtector("totp-set-up");
        _privilegedWindow = options.Value.PrivilegedWindow;
        _relyingPartyId = relyingParty.Value.RelyingPartyId;
        _time = time;
    }

    /// <summary>What this person has set up.</summary>
    public Task<FactorState> ReadAsync(UserSession session, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(session);
        return _factors.ReadAsync(session.UserId, cancellationToken);
    }

    /// <summary>
    /// Whether sensitive things may be done now: the person has proved a moment ago who they are, with both factors if two are set up.
    /// </summary>
    public async Task<bool> IsPrivilegedAsync(UserSession session, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(session);
        return session.Now - session.AuthTime <= _privilegedWindow
            && session.Acr switch
            {
                AuthenticationLevel.EmailCode => false,
                AuthenticationLevel.OneFactor => !(await _factors.ReadAsync(session.UserId, cancellationToken)).TwoStep,
                _ => true,
            };
    }

    /// <summary>A new secret for an authenticator app. Nothing is stored until a code has confirmed it.</summary>
    /// <param name="session">Whose.</param>
    /// <param name="issuer">What the app shows as the account's provider.</param>
    public TotpSetUp BeginTotp(UserSession session, string issuer)
    {
        ArgumentNullException.ThrowIfNull(session);
        var secret = Totp.NewSecret();
        var ticket = new SetUpTicket(session.UserId, secret, _time.GetUtcNow() + s_setUpLifetime);
        return Describe(session, secret, issuer, _protector.Protect(JsonSerializer.Serialize(ticket)));
    }

    /// <summary>The same once more, after a code that was wrong; null when it is too old, or somebody else's.</summary>
    public TotpSetUp? ResumeTotp(UserSession session, string issuer, string? ticket)
    {
        ArgumentNullException.ThrowIfNull(session);
        return OpenSetUp(session, ticket) is { } open ? Describe(session, open.Secret, issuer, ticket!) : null;
    }

    /// <summary>
    /// Sets up the app whose code this is. The session has now two factors. The recovery codes are new if there were none: show them, now
    /// and never again.
    /// </summary>
    /// <returns>The outcome, and the new recovery codes.</returns>
    public async Task<(SignInAnswer Answer, IReadOnlyList<string> RecoveryCodes)> ConfirmTotpAsync(HttpContext context, UserSession session, string? ticket, string code)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(code);
        var digits = string.Concat(code.Where(char.IsAsciiDigit));
        if (OpenSetUp(session, ticket) is not { } open
            || Totp.FindStep(open.Secret, digits, _time.GetUtcNow()) is not { } step
            || await FindUserAsync(session) is not { } user)
        {
            return (new SignInAnswer(SignInOutcome.Refused), []);
        }

        var before = await _factors.ReadAsync(user.Id, context.RequestAborted);
        var authenticator = new TotpAuthenticator(Guid.CreateVersion7(_time.GetUtcNow()), open.Secret);
        if (!await _factors.SaveTotpAsync(user.Id, session.UserEpoch, authenticator, step, Notice(context, session, AccountEventTypes.MfaEnabled)))
        {
            return (new SignInAnswer(SignInOutcome.Refused), []);
        }

        Changed(context, session, AccountEventTypes.MfaEnabled);
        var codes = before.RecoveryCodesLeft > 0 ? [] : await CreateRecoveryCodesAsync(context, session);
        if (session.Acr == AuthenticationLevel.OneFactor && session.Amr is not [AuthenticationLevel.OneTimePassword])
        {
            IReadOnlyList<string> methods = [AuthenticationLevel.OneTimePassword, AuthenticationLevel.MultipleFactors];
            var proof = new Proof(AuthenticationLevel.TwoFactors, AuthenticationLevel.Join(session.Amr, methods)) { Raises = true };
            await _sessions.StartAsync(context, user, proof, session.Persistent);
        }

        return (new SignInAnswer(SignInOutcome.Succeeded), codes);
    }

    /// <summary>
    /// Removes the authenticator app, and the recovery codes with it. False when the app stays, since the password is too short to protect
    /// the account alone.
    /// </summary>
    public async Task<bool> RemoveTotpAsync(HttpContext context, UserSession session)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(session);
        if (await _factors.RemoveTotpAsync(session.UserId, Notice(context, session, AccountEventTypes.MfaDisabled)))
        {
            Changed(context, session, AccountEventTypes.MfaDisabled);
            return true;
        }

        return !(await _factors.ReadAsync(session.UserId, context.RequestAborted)).TwoStep;
    }

    /// <summary>Replaces all recovery codes: show them, now and never again.</summary>
    public async Task<IReadOnlyList<string>> CreateRecoveryCodesAsync(HttpContext context, UserSession session)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(session);
        var codes = RecoveryCodes.Create();
        if (!await _factors.ReplaceRecoveryCodesAsync(session.UserId, session.UserEpoch, codes, Notice(context, session, AccountEventTypes.MfaRecoveryCodesCreated)))
        {
            return [];
        }

        Changed(context, session, AccountEventTypes.MfaRecoveryCodesCreated);
        return codes;
    }

    /// <summary>The person's passkeys, the latest first.</summary>
    public async Task<IReadOnlyList<PasskeyView>> ListPasskeysAsync(UserSession session, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (await FindUserAsync(session) is not { } user)
        {
            return [];
        }

        var uses = await _factors.ReadPasskeyUsesAsync(user.Id, cancellationToken);
        var suspended = await _factors.ReadSuspendedPasskeysAsync(user.Id, cancellationToken);
        return
        [
            .. (await _users.GetPasskeysAsync(user)).OrderByDescending(passkey => passkey.CreatedAt).Select(passkey =>
            {
                var id = Base64Url.EncodeToString(passkey.CredentialId);
                return new PasskeyView
                {
                    Id = id,
                    Name = passkey.Name ?? "",
                    Provider = PasskeyProviders.NameOf(passkey.AttestationObject),
                    CreatedAt = passkey.CreatedAt,
                    LastUsedAt = uses.TryGetValue(id, out var used) ? used : null,
                    Synced = passkey.IsBackupEligible,
                    Suspended = suspended.Contains(id),
                };
            }),
        ];
    }

    /// <summary>
    /// What a browser passes on to its password managers (WebAuthn Level 3 §5.1.10), so that they offer no key that was removed here and show
    /// the name of today. A suspended key is still one of ours: it stays in the list.
    /// </summary>
    public string SignalOf(UserSession session, IReadOnlyList<PasskeyView> passkeys)
    {
        ArgumentNullException.ThrowIfNull(session);
        return JsonSerializer.Serialize(new
        {
            rpId = _relyingPartyId,
            userId = Base64Url.EncodeToString(Encoding.UTF8.GetBytes(session.UserId.ToString("D"))),
            allAcceptedCredentialIds = passkeys.Select(passkey => passkey.Id),
            name = session.Username,
            displayName = session.Username,
        });
    }

    /// <summary>What a browser needs to make a passkey; null when the person is gone.</summary>
    public async Task<PasskeyPrompt?> PromptNewPasskeyAsync(HttpContext context, UserSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        return await FindUserAsync(session) is { } user ? await _passkeys.PromptNewAsync(context, user) : null;
    }

    /// <summary>Adds the passkey that the browser made. False when it was not accepted.</summary>
    public async Task<bool> AddPasskeyAsync(HttpContext context, UserSession session, PasskeyAnswer answer, string name)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(answer);
        if (await FindUserAsync(session) is not { } user || await _passkeys.VerifyNewAsync(context, user, answer) is not { } passkey)
        {
            return false;
        }

        passkey.Name = Clean(name);
        if (!await _factors.AddPasskeyAsync(user.Id, session.UserEpoch, passkey, Notice(context, session, AccountEventTypes.PasskeyAdded)))
        {
            return false;
        }

        Changed(context, session, AccountEventTypes.PasskeyAdded);
        return true;
    }

    /// <summary>Gives a passkey another name. False when there is no such passkey of this person.</summary>
    public async Task<bool> RenamePasskeyAsync(UserSession session, string id, string name)
    {
        ArgumentNullException.ThrowIfNull(session);
        if (await FindPasskeyAsync(session, id) is not (var user, { } passkey))
        {
            return false;
        }

        passkey.Name = Clean(name);
        return await _factors.UpdatePasskeyAsync(user.Id, passkey);
    }

    /// <summary>Removes a passkey, unless it is the last means of signing in.</summary>
    public async Task<PasskeyRemoval> RemovePasskeyAsync(HttpContext context, UserSession session, string id)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(id);
        if (!Base64Url.IsValid(id))
        {
            return PasskeyRemoval.NotFound;
        }

        var notice = Notice(context, session, AccountEventTypes.PasskeyRemoved);
        var removal = await _factors.RemovePasskeyAsync(session.UserId, session.UserEpoch, Base64Url.DecodeFromChars(id), notice);
        if (removal == PasskeyRemoval.Removed)
        {
            Changed(context, session, AccountEventTypes.PasskeyRemoved);
        }

        return removal;
    }

    /// <summary>"Not now": no passkey is offered after sign-in any more.</summary>
    public Task DeclinePasskeyOfferAsync(UserSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        return _factors.DeclinePasskeyOfferAsync(session.UserId);
    }

    private ChangeNotice Notice(HttpContext context, UserSession session, string type) => new(type, _events.OriginOf(context))
    {
        SessionId = session.Id,
        Mail = MailTemplates.SecurityChanged,
        MailValues = new Dictionary<string, string> { ["change"] = type },
    };

    private void Changed(HttpContext context, UserSession session, string type) =>
        _events.Report(Notice(context, session, type).ToEvent(session.UserId), context);

    private async Task<(User User, UserPasskeyInfo Passkey)?> FindPasskeyAsync(UserSession session, string id) =>
        Base64Url.IsValid(id) && await FindUserAsync(session) is { } user
            && await _users.GetPasskeyAsync(user, Base64Url.DecodeFromChars(id)) is { } passkey
            ? (user, passkey)
            : null;

    /// <summary>As of the session; what adds something compares the epoch once more when it is written.</summary>
    private async Task<User?> FindUserAsync(UserSession session) =>
        await _users.FindByIdAsync(session.UserId.ToString("D")) is { DisabledAt: null } user && user.Epoch == session.UserEpoch ? user : null;

    private static TotpSetUp Describe(UserSession session, byte[] secret, string issuer, string ticket) => new(
        string.Join(' ', Totp.ToBase32(secret).Chunk(4).Select(group => new string(group))), Totp.KeyUri(secret, issuer, session.Username), ticket);

    private SetUpTicket? OpenSetUp(UserSession session, string? ticket)
    {
        if (ticket is not { Length: > 0 and <= LongestTicket })
        {
            return null;
        }

        try
        {
            var open = JsonSerializer.Deserialize<SetUpTicket>(_protector.Unprotect(ticket));
            return open is not null && open.UserId == session.UserId && open.ExpiresAt > _time.GetUtcNow() ? open : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    private static string Clean(string name)
    {
        var clean = string.Concat(name.Where(letter => !char.IsControl(letter))).Trim();
        return ShortText.Of(clean, LongestName);
    }

    private sealed record SetUpTicket(Guid UserId, byte[] Secret, DateTimeOffset ExpiresAt);
}

/// <summary>An authenticator app that is being set up.</summary>
/// <param name="Secret">The secret in base32, in groups, to be typed.</param>
/// <param name="KeyUri">The same as a URI, for a QR code.</param>
/// <param name="Ticket">Comes back with the code that confirms it.</param>
public sealed record TotpSetUp(string Secret, string KeyUri, string Ticket);

/// <summary>A passkey in the person's list.</summary>
public sealed record PasskeyView
{
    /// <summary>The credential id in base64url.</summary>
    public required string Id { get; init; }

    /// <summary>The name that the person gave it; may be empty.</summary>
    public required string Name { get; init; }

    /// <summary>Who keeps it, such as a password manager, as it says of itself; null: not known.</summary>
    public string? Provider { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it was last used to sign in; null: never.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>It may be kept by a password manager on several devices.</summary>
    public required bool Synced { get; init; }

    /// <summary>It is not accepted: somebody else may have added it.</summary>
    public bool Suspended { get; init; }
}
