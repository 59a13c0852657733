using System.Threading.Channels;
using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Factors;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.OneTimeTokens;
using IdentityProvider.Accounts.Passwords;
using IdentityProvider.Accounts.Registration;
using IdentityProvider.Accounts.Throttling;
using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Accounts.Users;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Accounts.Recovery;

/// <summary>What became of a new password.</summary>
public enum ResetOutcome
{
    /// <summary>It is set. Every session, app and remembered device has ended.</summary>
    Done,

    /// <summary>The password may not be used: the refusal says why. The link is still good.</summary>
    Refused,

    /// <summary>The link is used, expired, void or unknown.</summary>
    Over,

    /// <summary>The present password was wrong.</summary>
    WrongPassword,

    /// <summary>It was wrong too often, so it was not checked.</summary>
    Throttled,
}

/// <summary>What became of a new password, and why it was refused.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="Refusal">Which rule refused it.</param>
/// <param name="RetryAfter">When throttled: how long until the next try is checked.</param>
public readonly record struct ResetAnswer(ResetOutcome Outcome, PasswordRefusal? Refusal = null, TimeSpan RetryAfter = default);

/// <summary>A link to set a password, as its page shows it.</summary>
/// <param name="Status">How it stands.</param>
/// <param name="Username">Whose account it is.</param>
/// <param name="MinLength">The fewest characters of the new password.</param>
public sealed record ResetLink(OneTimeTokenStatus Status, string Username, int MinLength);

/// <summary>Sets passwords without the old one, by a link that was mailed. A second factor is asked for as before.</summary>
public sealed class PasswordRecovery
{
    private readonly RecoveryRequests _requests;
    private readonly MailThrottle _throttle;
    private readonly RateLimitOptions _limits;
    private readonly IOneTimeTokenStore _tokens;
    private readonly IAccountTransitions _transitions;
    private readonly IFactorStore _factors;
    private readonly UserManager<User> _users;
    private readonly PasswordPolicy _policy;
    private readonly PasswordHashing _hashing;
    private readonly IAccountEvents _events;
    private readonly TimeProvider _time;

    internal PasswordRecovery(
        RecoveryRequests requests,
        MailThrottle throttle,
        IOptions<RateLimitOptions> limits,
        IOneTimeTokenStore tokens,
        IAccountTransitions transitions,
        IFactorStore factors,
        UserManager<User> users,
        PasswordPolicy policy,
        PasswordHashing hashing,
        IAccountEvents events,
        TimeProvider time)
    {
        _requests = requests;
        _throttle = throttle;
        _limits = limits.Value;
        _tokens = tokens;
        _transitions = transitions;
        _factors = factors;
        _users = users;
        _policy = policy;
        _hashing = hashing;
        _events = events;
        _time = time;
    }

    /// <summary>
    /// Asks for a link. Whether there is such an account is found out after the answer, so that neither its words nor its time tell. Not
    /// null: this network has asked too often. False: it is no address.
    /// </summary>
    public async Task<(bool Accepted, TimeSpan? RetryAfter)> RequestAsync(HttpContext context, string? email, string culture)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (EmailAddress.Parse(email) is not { } address)
        {
            return (false, null);
        }

        if (await _throttle.TakeNetworkAsync("forgot", context.Connection.RemoteIpAddress, _limits.ResetsPerNetwork) is { } wait)
        {
            return (false, wait);
        }

        _requests.Add(new RecoveryRequest(address, culture, MailValues.Of(username: null, _time.GetUtcNow(), context)));
        return (true, null);
    }

    /// <summary>How a link stands; null: there is none such.</summary>
    public async Task<ResetLink?> LookAsync(string? link, string purpose, CancellationToken cancellationToken) =>
        await FindAsync(link, purpose, cancellationToken) is var (token, user, _)
            ? new ResetLink(token.Status, user.UserName ?? "", _policy.MinLength((await _factors.ReadAsync(user.Id, cancellationToken)).TwoStep))
            : null;

    /// <summary>
    /// Sets the password. With the link to confirm an address the address is confirmed as well, and so it is for an account whose address
    /// never was: then nothing that was made before is left, since it may be somebody else's.
    /// </summary>
    public async Task<ResetAnswer> ResetAsync(HttpContext context, string? link, string purpose, string password)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(password);
        if (await FindAsync(link, purpose, context.RequestAborted) is not ({ Status: OneTimeTokenStatus.Alive }, { } user, { } parsed))
        {
            return new ResetAnswer(ResetOutcome.Over);
        }

        // The link to confirm an address is good for longer, and stands in for no password of an account that is somebody's.
        if (user.EmailConfirmed && purpose == OneTimeTokenPurposes.VerifyEmail)
        {
            return new ResetAnswer(ResetOutcome.Over);
        }

        var twoStep = user.EmailConfirmed && (await _factors.ReadAsync(user.Id, context.RequestAborted)).TwoStep;
        if (await _policy.CheckAsync(password, new PasswordOwner(user.UserName, user.Email, twoStep), context.RequestAborted) is { } refusal)
        {
            return new ResetAnswer(ResetOutcome.Refused, refusal);
        }

        var reset = new ProvenReset
        {
            UserId = user.Id,
            PasswordHash = await _hashing.HashAsync(password, SignInThrottle.NetworkOf(context.Connection.RemoteIpAddress)),
            ShortPassword = _policy.IsShort(password),
            Purpose = purpose,
            Link = parsed,
            Notice = new ChangeNotice(AccountEventTypes.PasswordReset, _events.OriginOf(context)) { Mail = MailTemplates.PasswordChanged },
        };
        if (await _transitions.ResetPasswordAsync(reset) is null)
        {
            return new ResetAnswer(ResetOutcome.Over);
        }

        _events.Report(reset.Notice.ToEvent(user.Id), context);
        return new ResetAnswer(ResetOutcome.Done);
    }

    private async Task<(OneTimeToken Token, User User, OneTimeLink Link)?> FindAsync(string? link, string purpose, CancellationToken cancellationToken) =>
        OneTimeLink.Parse(link) is { } parsed
        && await _tokens.LookAsync(purpose, parsed, cancellationToken) is { } token
        && await _users.FindByIdAsync(token.UserId.ToString("D")) is { Email: not null } user
            ? (token, user, parsed)
            : null;
}

/// <summary>Somebody who has forgotten a password, or does not want to type one, or says so.</summary>
internal sealed record RecoveryRequest(string Email, string Culture, Dictionary<string, string> Values)
{
    /// <summary>A code to sign in with is wanted, this one; null: a link to set a password.</summary>
    public PreparedToken? Code { get; init; }
}

/// <summary>Requests that wait, a bounded number: what does not fit is lost, and the person asks again.</summary>
internal sealed class RecoveryRequests
{
    private const int Capacity = 1000;

    private readonly Channel<RecoveryRequest> _queue = Channel.CreateBounded<RecoveryRequest>(
        new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropWrite });

    public ChannelReader<RecoveryRequest> Reader => _queue.Reader;

    public void Add(RecoveryRequest request) => _queue.Writer.TryWrite(request);

    /// <summary>No more come.</summary>
    public void Close() => _queue.Writer.TryComplete();
}
