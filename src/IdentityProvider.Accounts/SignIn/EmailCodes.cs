using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Factors;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.OneTimeTokens;
using IdentityProvider.Accounts.Recovery;
using IdentityProvider.Accounts.Registration;
using IdentityProvider.Accounts.Throttling;
using IdentityProvider.Accounts.Users;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Accounts.SignIn;

/// <summary>
/// Sign-in by a code that is mailed, where the operator allows it. It is good once, for ten minutes, in the browser that asked for it, and for
/// five tries. It is no factor: a second one is asked for as after a password, and then there is one.
/// </summary>
public sealed class EmailCodes
{
    private const string Purpose = OneTimeTokenPurposes.SignInCode;

    /// <summary>Eight digits: with five tries each, and as many codes as an address gets mails, an account stands 15 guesses an hour.</summary>
    private const int Digits = 8;

    private static readonly TimeSpan s_lifetime = TimeSpan.FromMinutes(10);

    private readonly RecoveryRequests _requests;
    private readonly MailThrottle _throttle;
    private readonly RateLimitOptions _limits;
    private readonly OneTimeTokenIssuer _issuer;
    private readonly IOneTimeTokenStore _tokens;
    private readonly OneTimeTokenCookie _cookie;
    private readonly UserManager<User> _users;
    private readonly IFactorStore _factors;
    private readonly PendingSecondFactors _secondFactors;
    private readonly SessionStarter _starter;
    private readonly IAccountEvents _events;
    private readonly TimeProvider _time;

    internal EmailCodes(
        RecoveryRequests requests,
        MailThrottle throttle,
        IOptions<RateLimitOptions> limits,
        OneTimeTokenIssuer issuer,
        IOneTimeTokenStore tokens,
        OneTimeTokenCookie cookie,
        UserManager<User> users,
        IFactorStore factors,
        PendingSecondFactors secondFactors,
        SessionStarter starter,
        IAccountEvents events,
        TimeProvider time)
    {
        _requests = requests;
        _throttle = throttle;
        _limits = limits.Value;
        _issuer = issuer;
        _tokens = tokens;
        _cookie = cookie;
        _users = users;
        _factors = factors;
        _secondFactors = secondFactors;
        _starter = starter;
        _events = events;
        _time = time;
    }

    /// <summary>
    /// Asks for a code. Whether there is such an account is found out after the answer. Not null: this network has asked too often. False: it
    /// is no address.
    /// </summary>
    public async Task<(bool Accepted, TimeSpan? RetryAfter)> RequestAsync(HttpContext context, string? email, string culture)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (EmailAddress.Parse(email) is not { } address)
        {
            return (false, null);
        }

        if (await _throttle.TakeNetworkAsync("email-code", context.Connection.RemoteIpAddress, _limits.ResetsPerNetwork) is { } wait)
        {
            return (false, wait);
        }

        var (mark, hash) = OneTimeTokenCookie.NewMark();
        var prepared = _issuer.Prepare(new OneTimeTokenRequest
        {
            Purpose = Purpose,
            UserId = Guid.Empty,
            Lifetime = s_lifetime,
            Link = false,
            CodeDigits = Digits,
            BrowserHash = hash,
        });
        _requests.Add(new RecoveryRequest(address, culture, MailValues.Of(username: null, _time.GetUtcNow(), context)) { Code = prepared });
        _cookie.Write(context, Purpose, prepared.Token.Id, mark, s_lifetime);
        return (true, null);
    }

    /// <summary>Tries a code. On success there is a session, or a second factor is still to come on the way to <paramref name="destination"/>.</summary>
    public async Task<SignInAnswer> TryAsync(HttpContext context, string code, string destination)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(code);
        if (_cookie.Read(context, Purpose) is not { } browser)
        {
            return new SignInAnswer(SignInOutcome.Over);
        }

        var digits = string.Concat(code.Where(char.IsAsciiDigit));
        var answer = await _tokens.TryCodeAsync(Purpose, browser.TokenId, digits, browser.BrowserHash);
        if (answer.Verdict != OneTimeCodeVerdict.Right
            || await _users.FindByIdAsync(answer.Token!.UserId.ToString("D")) is not { DisabledAt: null, MustEnrolSecondFactor: false } user)
        {
            _events.Report(new AccountEvent(AccountEventTypes.LoginFailure) { Detail = "code by e-mail" }, context);
            return new SignInAnswer(answer.Verdict == OneTimeCodeVerdict.Wrong ? SignInOutcome.Refused : SignInOutcome.Over);
        }

        _cookie.Delete(context, Purpose);
        IReadOnlyList<string> methods = [AuthenticationLevel.OneTimePassword];
        var factors = await _factors.ReadAsync(user.Id, context.RequestAborted);
        if (factors.TwoStep)
        {
            _secondFactors.Begin(context, user, methods, remember: false, destination);
            return new SignInAnswer(SignInOutcome.SecondFactorRequired);
        }

        // No passkey is offered: access to a mailbox is not enough to add one.
        return new SignInAnswer(
            await _starter.StartAsync(context, user, new Proof(AuthenticationLevel.EmailCode, methods), remember: false) ? SignInOutcome.Succeeded : SignInOutcome.Over);
    }
}
