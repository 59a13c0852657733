using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Factors;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.OneTimeTokens;
using IdentityProvider.Accounts.Passwords;
using IdentityProvider.Accounts.Registration;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Accounts.Throttling;
using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Accounts.Users;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Accounts.Recovery;

/// <summary>What became of a wish for another address.</summary>
public enum EmailChangeOutcome
{
    /// <summary>A mail is on its way to the new address. Whether another account has it, nobody sees.</summary>
    Sent,

    /// <summary>It is no address.</summary>
    Invalid,

    /// <summary>The account has this address.</summary>
    Same,

    /// <summary>The address is changed.</summary>
    Done,

    /// <summary>The code is wrong.</summary>
    WrongCode,

    /// <summary>The link or code is used, expired, void or unknown.</summary>
    Over,
}

/// <summary>A link about an address, as its page shows it.</summary>
/// <param name="Status">How it stands.</param>
/// <param name="Username">Whose account it is.</param>
/// <param name="Email">The address that the account would have.</param>
/// <param name="Elsewhere">It is good where it was asked for, or where the account is signed in, and this browser is neither.</param>
public sealed record EmailLink(OneTimeTokenStatus Status, string Username, string Email, bool Elsewhere);

/// <summary>Password and address of the signed-in person. Its pages want a fresh sign-in.</summary>
public sealed class AccountCredentials
{
    private static readonly TimeSpan s_lifetime = TimeSpan.FromHours(24);
    private static readonly TimeSpan s_undoLifetime = TimeSpan.FromDays(7);

    private readonly UserManager<User> _users;
    private readonly PasswordPolicy _policy;
    private readonly PasswordHashing _hashing;
    private readonly IAccountTransitions _transitions;
    private readonly IEmailChangeStore _store;
    private readonly IFactorStore _factors;
    private readonly OneTimeTokenIssuer _issuer;
    private readonly IOneTimeTokenStore _tokens;
    private readonly OneTimeTokenCookie _tokenCookie;
    private readonly MailThrottle _throttle;
    private readonly SignInThrottle _attempts;
    private readonly SessionCookie _sessionCookie;
    private readonly SessionOptions _sessions;
    private readonly IAccountEvents _events;
    private readonly TimeProvider _time;

    internal AccountCredentials(
        UserManager<User> users,
        PasswordPolicy policy,
        PasswordHashing hashing,
        IAccountTransitions transitions,
        IEmailChangeStore store,
        IFactorStore factors,
        OneTimeTokenIssuer issuer,
        IOneTimeTokenStore tokens,
        OneTimeTokenCookie tokenCookie,
        MailThrottle throttle,
        SignInThrottle attempts,
        SessionCookie sessionCookie,
        IOptions<SessionOptions> sessions,
        IAccountEvents events,
        TimeProvider time)
    {
        _users = users;
        _policy = policy;
        _hashing = hashing;
        _transitions = transitions;
        _store = store;
        _factors = factors;
        _issuer = issuer;
        _tokens = tokens;
        _tokenCookie = tokenCookie;
        _throttle = throttle;
        _attempts = attempts;
        _sessionCookie = sessionCookie;
        _sessions = sessions.Value;
        _events = events;
        _time = time;
    }

    /// <summary>The fewest characters of a new password of this person.</summary>
    public async Task<int> MinLengthAsync(UserSession session, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(session);
        return _policy.MinLength((await _factors.ReadAsync(session.UserId, cancellationToken)).TwoStep);
    }

    /// <summary>Whether there is a password to be asked for. Who came by a passkey or another provider may have none.</summary>
    public async Task<bool> HasPasswordAsync(UserSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        return await FindAsync(session.UserId) is { PasswordHash: not null };
    }

    /// <summary>The address of this person, and whether it is confirmed; null: there is none.</summary>
    public async Task<(string Email, bool Confirmed)?> ReadEmailAsync(UserSession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        return await FindAsync(session.UserId) is { Email: { } email } user ? (email, user.EmailConfirmed) : null;
    }

    /// <summary>
    /// Sets another password, if the present one is right, and signs out everywhere else (ASVS 5, 6.2.3). This session goes on under a new
    /// handle. Wrong ones are counted per account, whatever the network.
    /// </summary>
    /// <exception cref="SignIn.OverloadedException">Too many hashes are waiting.</exception>
    public async Task<ResetAnswer> ChangePasswordAsync(HttpContext context, UserSession session, string? current, string password)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(password);
        if (await FindAsync(session.UserId) is not { } user)
        {
            return new ResetAnswer(ResetOutcome.Over);
        }

        if (user.PasswordHash is { } hash && await CheckCurrentAsync(context, user, hash, current) is { } refused)
        {
            return refused;
        }

        var twoStep = (await _factors.ReadAsync(user.Id, context.RequestAborted)).TwoStep;
        if (await _policy.CheckAsync(password, new PasswordOwner(user.UserName, user.Email, twoStep), context.RequestAborted) is { } refusal)
        {
            return new ResetAnswer(ResetOutcome.Refused, refusal);
        }

        var handle = SessionCookie.NewHandle();
        var change = new PasswordChange
        {
            UserId = user.Id,
            UserEpoch = session.UserEpoch,
            PasswordHash = await _hashing.HashAsync(password, SignInThrottle.NetworkOf(context.Connection.RemoteIpAddress)),
            ShortPassword = _policy.IsShort(password),
            SessionId = session.Id,
            HandleHash = SessionCookie.Hash(handle),
            Notice = new ChangeNotice(AccountEventTypes.PasswordChange, _events.OriginOf(context)) { SessionId = session.Id, Mail = MailTemplates.PasswordChanged },
        };
        if (await _transitions.ChangePasswordAsync(change) is null)
        {
            return new ResetAnswer(ResetOutcome.Over);
        }

        _sessionCookie.Write(context.Response, handle, session.Persistent ? _sessions.AbsoluteLifetime : null);
        _events.Report(change.Notice.ToEvent(user.Id), context);
        return new ResetAnswer(ResetOutcome.Done);
    }

    /// <summary>Sends a link and a code to the new address. Nothing changes before one of them comes back.</summary>
    public async Task<EmailChangeOutcome> RequestEmailAsync(HttpContext context, UserSession session, string? typed)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(session);
        if (EmailAddress.Parse(typed) is not { } email || await FindAsync(session.UserId) is not { } user)
        {
            return EmailChangeOutcome.Invalid;
        }

        if (user.EmailConfirmed && _users.NormalizeEmail(email) == user.NormalizedEmail)
        {
            return EmailChangeOutcome.Same;
        }

        var (mark, hash) = OneTimeTokenCookie.NewMark();
        var prepared = _issuer.Prepare(new OneTimeTokenRequest
        {
            Purpose = OneTimeTokenPurposes.ChangeEmail,
            UserId = user.Id,
            Lifetime = s_lifetime,
            CodeDigits = 6,
            BrowserHash = hash,
            SecurityStamp = user.SecurityStamp,
            Content = Write(email),
        });
        var owner = await _users.FindByEmailAsync(email) is { EmailConfirmed: true } other && other.Id != user.Id ? other : null;
        var mail = owner is null
            ? _issuer.Seal(Mail(context, user, MailTemplates.ChangeEmail, email), prepared)
            : Mail(context, owner, MailTemplates.AccountExists, owner.Email!);
        var told = await _throttle.MayMailAsync(OneTimeTokenPurposes.ChangeEmail, email);
        await _tokens.IssueAsync(told && owner is null ? prepared.Token : OneTimeTokenIssuer.Untold(prepared.Token), told ? mail : null);
        _tokenCookie.Write(context, OneTimeTokenPurposes.ChangeEmail, prepared.Token.Id, mark, s_lifetime);
        return EmailChangeOutcome.Sent;
    }

    /// <summary>Changes the address by the code, in the browser that asked for it.</summary>
    public async Task<EmailChangeOutcome> TryEmailCodeAsync(HttpContext context, UserSession session, string code)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(code);
        if (_tokenCookie.Read(context, OneTimeTokenPurposes.ChangeEmail) is not { } browser
            || await _tokens.FindAsync(OneTimeTokenPurposes.ChangeEmail, browser.TokenId, context.RequestAborted) is not { } token
            || token.UserId != session.UserId
            || await FindAsync(session.UserId) is not { } user)
        {
            return EmailChangeOutcome.Over;
        }

        var digits = string.Concat(code.Where(char.IsAsciiDigit));
        var answer = await _tokens.TryCodeAsync(OneTimeTokenPurposes.ChangeEmail, browser.TokenId, digits, browser.BrowserHash);
        return answer.Verdict switch
        {
            OneTimeCodeVerdict.Right => await ApplyAsync(context, user, Read(token), proof: null),
            OneTimeCodeVerdict.Wrong => EmailChangeOutcome.WrongCode,
            _ => EmailChangeOutcome.Over,
        };
    }

    /// <summary>How a link stands, to confirm an address or to take a change back; null: there is none such.</summary>
    public async Task<EmailLink?> LookAsync(HttpContext context, string? link, string purpose)
    {
        ArgumentNullException.ThrowIfNull(context);
        return OneTimeLink.Parse(link) is { } parsed
            && await _tokens.LookAsync(purpose, parsed, context.RequestAborted) is { } token
            && await FindAsync(token.UserId) is { } user
                ? new EmailLink(token.Status, user.UserName ?? "", Read(token), purpose == OneTimeTokenPurposes.ChangeEmail && !await IsAskersAsync(context, token))
                : null;
    }

    /// <summary>
    /// Changes the address by the link, in the browser that asked for it or where the account is signed in: whoever reads the mail may be
    /// somebody else than whose account it is, and must not give it their address by a press.
    /// </summary>
    public async Task<EmailChangeOutcome> UseEmailLinkAsync(HttpContext context, string? link)
    {
        ArgumentNullException.ThrowIfNull(context);
        return OneTimeLink.Parse(link) is { } parsed
            && await _tokens.LookAsync(OneTimeTokenPurposes.ChangeEmail, parsed, context.RequestAborted) is { Status: OneTimeTokenStatus.Alive } token
            && await IsAskersAsync(context, token)
            && await FindAsync(token.UserId) is { } user
                ? await ApplyAsync(context, user, Read(token), (OneTimeTokenPurposes.ChangeEmail, parsed))
                : EmailChangeOutcome.Over;
    }

    /// <summary>
    /// Gives the account its old address back, and takes back what else was added since. Somebody else may have changed it, and knows the
    /// password then: so it is voided and everything ends, and the owner sets a new one by mail.
    /// </summary>
    public async Task<EmailChangeOutcome> UndoEmailAsync(HttpContext context, string? link)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (OneTimeLink.Parse(link) is not { } parsed
            || await _tokens.LookAsync(OneTimeTokenPurposes.UndoEmailChange, parsed, context.RequestAborted) is not { Status: OneTimeTokenStatus.Alive } token)
        {
            return EmailChangeOutcome.Over;
        }

        // Where the address is another account's by now, this one would be left with none.
        if (await _users.FindByEmailAsync(Read(token)) is { EmailConfirmed: true } other && other.Id != token.UserId)
        {
            return EmailChangeOutcome.Over;
        }

        var notice = new ChangeNotice(AccountEventTypes.EmailChangeUndone, _events.OriginOf(context));
        var repudiation = new Repudiation
        {
            UserId = token.UserId,
            Purpose = OneTimeTokenPurposes.UndoEmailChange,
            Link = parsed,
            Since = token.CreatedAt,
            Notice = notice,
        };
        if (await _transitions.RepudiateAsync(repudiation) is null)
        {
            return EmailChangeOutcome.Over;
        }

        _events.Report(notice.ToEvent(token.UserId) with { Alarming = true }, context);
        return EmailChangeOutcome.Done;
    }

    private async Task<bool> IsAskersAsync(HttpContext context, OneTimeToken token) =>
        (token.BrowserHash is { } hash && _tokenCookie.Read(context, OneTimeTokenPurposes.ChangeEmail) is { } browser
            && CryptographicOperations.FixedTimeEquals(hash, browser.BrowserHash))
        || (await SignIn.SessionStarter.CurrentAsync(context) is { } session && session.UserId == token.UserId);

    private async Task<ResetAnswer?> CheckCurrentAsync(HttpContext context, User user, string hash, string? current)
    {
        var address = context.Connection.RemoteIpAddress;
        var attempt = SignInThrottle.PresentPasswordAttemptOf(address, user.Id);
        if ((await _attempts.TakeAsync(attempt, context)).Wait is { } wait)
        {
            return new ResetAnswer(ResetOutcome.Throttled, RetryAfter: wait);
        }

        var right = false;
        try
        {
            right = !string.IsNullOrEmpty(current)
                && await _hashing.VerifyAsync(hash, current, SignInThrottle.NetworkOf(address)) != PasswordVerificationResult.Failed;
        }
        catch (SignIn.OverloadedException)
        {
            await _attempts.GiveBackAsync(attempt);
            throw;
        }

        if (right)
        {
            await _attempts.SucceededAsync(attempt);
            return null;
        }

        _events.Report(new AccountEvent(AccountEventTypes.LoginFailure) { UserId = user.Id, Detail = "present password, for a new one" }, context);
        return new ResetAnswer(ResetOutcome.WrongPassword);
    }

    private async Task<EmailChangeOutcome> ApplyAsync(HttpContext context, User user, string email, (string, OneTimeLink)? proof)
    {
        var undo = user is { EmailConfirmed: true, Email: { } old }
            ? _issuer.Prepare(new OneTimeTokenRequest
            {
                Purpose = OneTimeTokenPurposes.UndoEmailChange,
                UserId = user.Id,
                Lifetime = s_undoLifetime,
                Content = Write(old),
            })
            : null;
        var notice = new ChangeNotice(AccountEventTypes.EmailChange, _events.OriginOf(context));
        var changed = await _store.ChangeAsync(new EmailChange
        {
            UserId = user.Id,
            SecurityStamp = user.SecurityStamp ?? "",
            Email = email,
            NormalizedEmail = _users.NormalizeEmail(email) ?? "",
            Proof = proof,
            Undo = undo?.Token,
            Notice = notice,
            Mail = undo is null ? null : _issuer.Seal(Mail(context, user, MailTemplates.EmailChanged, user.Email!), undo),
        });
        if (!changed)
        {
            return EmailChangeOutcome.Over;
        }

        _tokenCookie.Delete(context, OneTimeTokenPurposes.ChangeEmail);
        _events.Report(notice.ToEvent(user.Id), context);
        return EmailChangeOutcome.Done;
    }

    private OutgoingMail Mail(HttpContext context, User user, string template, string to) => new()
    {
        Template = template,
        To = to,
        Culture = user.Culture,
        Values = MailValues.Of(user.UserName, _time.GetUtcNow(), context),
    };

    private Task<User?> FindAsync(Guid userId) => _users.FindByIdAsync(userId.ToString("D"));

    /// <summary>With the address as it is looked up: what takes a change back is a statement.</summary>
    private string Write(string email) =>
        JsonSerializer.Serialize(new EmailContent(email, _users.NormalizeEmail(email) ?? ""), EmailContentJson.Default.EmailContent);

    private static string Read(OneTimeToken token) => EmailContent.Read(token).Email;
}

internal sealed record EmailContent([property: JsonPropertyName("email")] string Email, [property: JsonPropertyName("normalized")] string Normalized)
{
    public static EmailContent Read(OneTimeToken token) => JsonSerializer.Deserialize(token.Content!, EmailContentJson.Default.EmailContent)!;
}

[JsonSerializable(typeof(EmailContent))]
internal sealed partial class EmailContentJson : JsonSerializerContext;
