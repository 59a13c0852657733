using System.Text.Json;
using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.OneTimeTokens;
using IdentityProvider.Accounts.Transitions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace IdentityProvider.Accounts.SignIn;

/// <summary>A sign-in that its person says was not theirs.</summary>
/// <param name="UserId">The person.</param>
/// <param name="Since">From when on everything was somebody else's.</param>
/// <param name="Ended">What was ended.</param>
public sealed record DeniedSignIn(Guid UserId, DateTimeOffset Since, Ended Ended);

/// <summary>
/// What the link of a mail about a sign-in does. It needs no sign-in: whoever reads the mail has the address, and the worst that they can do
/// is to have a new password asked for, by mail.
/// </summary>
public sealed partial class DeniedSignIns
{
    private readonly IOneTimeTokenStore _tokens;
    private readonly IAccountTransitions _transitions;
    private readonly IAccountEvents _events;
    private readonly ILogger<DeniedSignIns> _logger;

    internal DeniedSignIns(IOneTimeTokenStore tokens, IAccountTransitions transitions, IAccountEvents events, ILogger<DeniedSignIns> logger)
    {
        _tokens = tokens;
        _transitions = transitions;
        _events = events;
        _logger = logger;
    }

    /// <summary>How a link stands; changes nothing, and tells nothing of the account.</summary>
    public async Task<OneTimeTokenStatus> LookAsync(string? link, CancellationToken cancellationToken) =>
        OneTimeLink.Parse(link) is { } parsed && await _tokens.LookAsync(OneTimeTokenPurposes.NotMe, parsed, cancellationToken) is { } token
            ? token.Status
            : OneTimeTokenStatus.Void;

    /// <summary>
    /// Locks the account until a new password is set by mail, ends sessions and grants, and takes back what was added since the sign-in. Null,
    /// and nothing changed: the link is not alive.
    /// </summary>
    public async Task<DeniedSignIn?> DenyAsync(HttpContext context, string? link)
    {
        ArgumentNullException.ThrowIfNull(context);
        if (OneTimeLink.Parse(link) is not { } parsed
            || await _tokens.LookAsync(OneTimeTokenPurposes.NotMe, parsed, context.RequestAborted) is not { Status: OneTimeTokenStatus.Alive } token)
        {
            return null;
        }

        var signIn = JsonSerializer.Deserialize(token.Content!, SignInContentJson.Default.SignInContent)!;
        var notice = new ChangeNotice(AccountEventTypes.SignInDenied, _events.OriginOf(context))
        {
            SessionId = signIn.SessionId,
            Mail = MailTemplates.AccountLocked,
        };
        var repudiation = new Repudiation
        {
            UserId = token.UserId,
            Purpose = OneTimeTokenPurposes.NotMe,
            Link = parsed,
            Since = signIn.Since,
            Country = signIn.Country,
            Lock = true,
            Notice = notice,
        };
        if (await _transitions.RepudiateAsync(repudiation) is not { } ended)
        {
            return null;
        }

        Denied(token.UserId, signIn.SessionId);
        _events.Report(notice.ToEvent(token.UserId) with { Alarming = true }, context);
        return new DeniedSignIn(token.UserId, signIn.Since, ended);
    }

    [LoggerMessage(1070, LogLevel.Warning, "A sign-in was somebody else's, and the account is locked: user {UserId}, session {SessionId}")]
    private partial void Denied(Guid userId, Guid sessionId);
}
