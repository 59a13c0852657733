using System.Security.Cryptography;
using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Factors;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.OneTimeTokens;
using IdentityProvider.Accounts.Passwords;
using IdentityProvider.Accounts.SignIn;
using IdentityProvider.Accounts.Throttling;
using IdentityProvider.Accounts.Users;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Accounts.Registration;

/// <summary>
/// Makes accounts. Whoever registers an address that has an account gets the same as anybody else: an account that waits for the address, a
/// token and a mail. Only the mail says it, and it goes to the owner; the token is told to nobody.
/// </summary>
public sealed partial class RegistrationService
{
    private const string Purpose = OneTimeTokenPurposes.VerifyEmail;
    private const int StampSize = 20;

    private readonly UserManager<User> _users;
    private readonly IRegistrationStore _store;
    private readonly OneTimeTokenIssuer _tokens;
    private readonly OneTimeTokenCookie _cookie;
    private readonly PasswordPolicy _policy;
    private readonly PasswordHashing _hashing;
    private readonly MailThrottle _throttle;
    private readonly IOneTimeTokenStore _tokenStore;
    private readonly IFactorStore _factors;
    private readonly SessionStarter _sessions;
    private readonly IAccountEvents _events;
    private readonly RegistrationOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<RegistrationService> _logger;

    internal RegistrationService(
        UserManager<User> users,
        IRegistrationStore store,
        OneTimeTokenIssuer tokens,
        OneTimeTokenCookie cookie,
        PasswordPolicy policy,
        PasswordHashing hashing,
        MailThrottle throttle,
        IOneTimeTokenStore tokenStore,
        IFactorStore factors,
        SessionStarter sessions,
        IAccountEvents events,
        IOptions<RegistrationOptions> options,
        TimeProvider time,
        ILogger<RegistrationService> logger)
    {
        _users = users;
        _store = store;
        _tokens = tokens;
        _cookie = cookie;
        _policy = policy;
        _hashing = hashing;
        _throttle = throttle;
        _tokenStore = tokenStore;
        _factors = factors;
        _sessions = sessions;
        _events = events;
        _options = options.Value;
        _time = time;
        _logger = logger;
    }

    /// <summary>For how long a link and a code can confirm an address.</summary>
    public static TimeSpan VerificationLifetime { get; } = TimeSpan.FromHours(24);

    /// <summary>Whether people make accounts themselves.</summary>
    public bool IsOpen => _options.Enabled;

    /// <summary>Makes an account, unless the form is not in order. That the name is taken is told; that the address is, is not.</summary>
    /// <exception cref="OverloadedException">Too many hashes are waiting.</exception>
    public async Task<RegistrationAnswer> RegisterAsync(HttpContext context, RegistrationForm form)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(form);
        var (name, problem) = UsernameRules.Check(form.Username);
        if (name is not null && await _users.FindByNameAsync(name) is not null)
        {
            problem = UsernameProblem.Taken;
        }

        var email = EmailAddress.Parse(form.Email);
        var password = form.Password ?? "";
        var answer = new RegistrationAnswer
        {
            Username = problem,
            EmailInvalid = email is null,
            Password = await _policy.CheckAsync(password, new PasswordOwner(name, email), context.RequestAborted),
        };
        if (!answer.Succeeded)
        {
            return answer;
        }

        if (await _throttle.TakeNetworkAsync("register", context.Connection.RemoteIpAddress, _options.PerNetwork) is { } wait)
        {
            return answer with { RetryAfter = wait };
        }

        var now = _time.GetUtcNow();
        var user = new User
        {
            Id = Guid.CreateVersion7(now),
            UserName = name,
            NormalizedUserName = _users.NormalizeName(name!),
            Email = email,
            NormalizedEmail = _users.NormalizeEmail(email!),
            PasswordHash = await _hashing.HashAsync(password, SignInThrottle.NetworkOf(context.Connection.RemoteIpAddress)),
            SecurityStamp = Convert.ToHexString(RandomNumberGenerator.GetBytes(StampSize)),
            HasShortPassword = _policy.IsShort(password),
            Culture = form.Culture,
            CreatedAt = now,
            UpdatedAt = now,
        };
        return await SendAsync(context, user) ? answer : answer with { Username = UsernameProblem.Taken };
    }

    /// <summary>
    /// Sends the mail once more: to who registered at this browser, or is signed in here with an address that is not confirmed. Silent when
    /// there were too many, or there is nobody. Limited, since anybody could have typed the address.
    /// </summary>
    public async Task ResendAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (await FindHereAsync(context) is ({ Email: { } email } user, var content) && await _throttle.MayMailAsync(Purpose, email))
        {
            await IssueAsync(context, user, await FindOwnerAsync(email), told: true, content, StoreAsync);
        }
    }

    /// <summary>
    /// Sends the mail to who has just given the right password, and may not sign in before the address is confirmed. Limited by
    /// account, since strangers can use the limit of the address up: then the mail of a moment ago still counts. The owner of an address is
    /// told within the limit of the address.
    /// </summary>
    public async Task SendAsync(HttpContext context, SignInAnswer answer)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (answer.Unverified is { Email: { } email } user && await _throttle.MayMailAsync("sign-in-" + Purpose, user.Id.ToString("D")))
        {
            var owner = await FindOwnerAsync(email);
            await IssueAsync(
                context, user, owner, owner is null || await _throttle.MayMailAsync(Purpose, email), VerificationContent.Of(answer.Proof, _time.GetUtcNow()), StoreAsync);
        }
    }

    /// <summary>The address that a mail has gone to from this browser, as it was typed; null: none has.</summary>
    public async Task<bool> IsPendingAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return await FindHereAsync(context) is not null;
    }

    /// <summary>Confirms the address by the code, in the browser that registered, and signs in there.</summary>
    public async Task<VerificationOutcome> TryCodeAsync(HttpContext context, string code)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(code);
        if (_cookie.Read(context, Purpose) is not { } browser)
        {
            return VerificationOutcome.Over;
        }

        var digits = string.Concat(code.Where(char.IsAsciiDigit));
        var answer = await _tokenStore.TryCodeAsync(Purpose, browser.TokenId, digits, browser.BrowserHash);
        return answer.Verdict switch
        {
            OneTimeCodeVerdict.Right => await ConfirmAsync(context, answer.Token!, sameBrowser: true),
            OneTimeCodeVerdict.Wrong => VerificationOutcome.WrongCode,
            _ => VerificationOutcome.Over,
        };
    }

    /// <summary>How a link stands; null: there is none such.</summary>
    public async Task<VerificationLink?> LookAsync(HttpContext context, string? link)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (OneTimeLink.Parse(link) is not { } parsed
            || await _tokenStore.LookAsync(Purpose, parsed, context.RequestAborted) is not { } token
            || await _users.FindByIdAsync(token.UserId.ToString("D")) is not { } user)
        {
            return null;
        }

        return new VerificationLink
        {
            Status = token.Status,
            NeedsPassword = !IsOfThisBrowser(context, token),
            Username = user.UserName ?? "",
            UserId = user.Id,
        };
    }

    /// <summary>Confirms the address by the link, in the browser that registered, and signs in there. In another one a password is set instead.</summary>
    public async Task<VerificationOutcome> UseLinkAsync(HttpContext context, string? link)
    {
        ArgumentNullException.ThrowIfNull(context);
        return OneTimeLink.Parse(link) is { } parsed
            && await LookAsync(context, link) is { NeedsPassword: false }
            && await _tokenStore.ConsumeAsync(Purpose, parsed) is { } token
                ? await ConfirmAsync(context, token, sameBrowser: true)
                : VerificationOutcome.Over;
    }

    private async Task<VerificationOutcome> ConfirmAsync(HttpContext context, OneTimeToken token, bool sameBrowser)
    {
        var userId = token.UserId;
        _cookie.Delete(context, Purpose);
        var notice = new ChangeNotice(AccountEventTypes.EmailVerified, _events.OriginOf(context));
        var found = await _users.FindByIdAsync(userId.ToString("D"));
        if (found is { EmailConfirmed: true })
        {
            // By another mail, or in another browser: there is nothing left to do, and nobody is signed in by it.
            return VerificationOutcome.Confirmed;
        }

        if (found is not { Email: { } email } user || !await _store.ConfirmEmailAsync(userId, email, notice))
        {
            return VerificationOutcome.Over;
        }

        Confirmed(userId);
        _events.Report(notice.ToEvent(userId), context);

        // With what was proved in this browser, as of then. Who is signed in stays it; who is disabled, or has more to prove, is not.
        if (!sameBrowser || VerificationContent.Read(token, _time.GetUtcNow()) is not { } proof || user.DisabledAt is not null || user.MustEnrolSecondFactor || user.PasswordChangeReason is not null
            || await SessionStarter.CurrentAsync(context) is not null || (await _factors.ReadAsync(userId, context.RequestAborted)).TwoStep)
        {
            return VerificationOutcome.Confirmed;
        }

        return await _sessions.StartAsync(context, user, proof, remember: false) ? VerificationOutcome.SignedIn : VerificationOutcome.Confirmed;
    }

    private async Task<bool> SendAsync(HttpContext context, User user)
    {
        var owner = await FindOwnerAsync(user.Email!);

        // Limited, and nothing shows it: nobody must be flooded.
        var told = await _throttle.MayMailAsync(Purpose, user.Email!);
        var notice = new ChangeNotice(AccountEventTypes.Registration, _events.OriginOf(context));
        var typed = new Proof(AuthenticationLevel.OneFactor, [AuthenticationLevel.Password]);
        var registered = await IssueAsync(
            context, user, owner, told, VerificationContent.Of(typed, _time.GetUtcNow()), (token, mail) => _store.RegisterAsync(user, token, mail, notice));
        if (registered)
        {
            Registered(user.Id);
            _events.Report(notice.ToEvent(user.Id), context);
        }

        return registered;
    }

    /// <summary>
    /// A token that this browser can use, and its mail. For an address that has an owner, and where no mail goes, it is a token like any other
    /// whose code and link nobody gets, so that tries of a code end in the same way.
    /// </summary>
    private async Task<bool> IssueAsync(
        HttpContext context, User user, User? owner, bool told, string? content, Func<NewOneTimeToken, OutgoingMail?, Task<bool>> store)
    {
        var recipient = owner ?? user;
        var (mark, hash) = OneTimeTokenCookie.NewMark();
        var prepared = _tokens.Prepare(new OneTimeTokenRequest
        {
            Purpose = Purpose,
            UserId = user.Id,
            Lifetime = VerificationLifetime,
            CodeDigits = 6,
            BrowserHash = hash,
            SecurityStamp = user.SecurityStamp,
            Content = content,
        });
        var mail = new OutgoingMail
        {
            Template = owner is null ? MailTemplates.VerifyEmail : MailTemplates.AccountExists,
            To = recipient.Email!,
            Culture = recipient.Culture ?? user.Culture,
            Values = MailValues.Of(recipient.UserName, _time.GetUtcNow(), context),
        };
        var stored = told && owner is null
            ? await store(prepared.Token, _tokens.Seal(mail, prepared))
            : await store(OneTimeTokenIssuer.Untold(prepared.Token), told ? mail : null);
        if (!stored)
        {
            return false;
        }

        _cookie.Write(context, Purpose, prepared.Token.Id, mark, VerificationLifetime);
        return true;
    }

    private async Task<bool> StoreAsync(NewOneTimeToken token, OutgoingMail? mail)
    {
        await _tokenStore.IssueAsync(token, mail);
        return true;
    }

    /// <summary>Who has confirmed this address.</summary>
    private async Task<User?> FindOwnerAsync(string email) =>
        await _users.FindByEmailAsync(email) is { EmailConfirmed: true } owner ? owner : null;

    /// <summary>Who has registered at this browser, with what was proved then, or is signed in here, with an address that can be confirmed.</summary>
    private async Task<(User User, string? Content)?> FindHereAsync(HttpContext context)
    {
        if (_cookie.Read(context, Purpose) is { } browser
            && await _tokenStore.FindAsync(Purpose, browser.TokenId, context.RequestAborted) is { } token
            && IsOfThisBrowser(context, token))
        {
            return await _users.FindByIdAsync(token.UserId.ToString("D")) is { } registered ? (registered, token.Content) : null;
        }

        return await SessionStarter.CurrentAsync(context) is { } session
            && await _users.FindByIdAsync(session.UserId.ToString("D")) is { EmailConfirmed: false, Email: not null } own
                ? (own, null)
                : null;
    }

    private bool IsOfThisBrowser(HttpContext context, OneTimeToken token) =>
        _cookie.Read(context, Purpose) is { } browser
        && token.BrowserHash is { } hash
        && CryptographicOperations.FixedTimeEquals(hash, browser.BrowserHash);

    [LoggerMessage(1040, LogLevel.Information, "Account registered: user {UserId}")]
    private partial void Registered(Guid userId);

    [LoggerMessage(1041, LogLevel.Information, "E-mail address confirmed: user {UserId}")]
    private partial void Confirmed(Guid userId);
}
