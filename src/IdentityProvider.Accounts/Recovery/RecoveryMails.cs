using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.OneTimeTokens;
using IdentityProvider.Accounts.Throttling;
using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Accounts.Users;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace IdentityProvider.Accounts.Recovery;

/// <summary>Writes the mails with links to set a password, and those with codes, behind the answers. To an address without an account nothing goes.</summary>
internal sealed partial class RecoveryMails(
    RecoveryRequests requests,
    IServiceScopeFactory scopes,
    OneTimeTokenIssuer issuer,
    IOneTimeTokenStore tokens,
    MailThrottle throttle,
    ILogger<RecoveryMails> logger) : BackgroundService
{
    private static readonly TimeSpan s_lifetime = TimeSpan.FromMinutes(15);

    /// <summary>The person has read "check your mailbox" by now: what was asked for before the stop is written yet.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        requests.Close();
        await base.StopAsync(cancellationToken);

        // A stop right after the start may come before the loop has begun, which it then never does.
        while (!cancellationToken.IsCancellationRequested && requests.Reader.TryRead(out var request))
        {
            await TrySendAsync(request);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await foreach (var request in requests.Reader.ReadAllAsync(CancellationToken.None))
        {
            await TrySendAsync(request);
        }
    }

    private async Task TrySendAsync(RecoveryRequest request)
    {
        try
        {
            await SendAsync(request);
        }
#pragma warning disable CA1031 // One that fails must not end all that come after it.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Failed(error);
        }
    }

    private async Task SendAsync(RecoveryRequest request)
    {
        await using var scope = scopes.CreateAsyncScope();
        var found = await scope.ServiceProvider.GetRequiredService<UserManager<User>>().FindByEmailAsync(request.Email);
        if (request.Code is { } code)
        {
            await SendCodeAsync(request, code, found);
            return;
        }

        if (found is not { Email: { } email } user
            || user is { DisabledAt: not null, DisabledReason: not Repudiation.LockReason }
            || !await throttle.MayMailAsync(OneTimeTokenPurposes.ResetPassword, email))
        {
            return;
        }

        await issuer.SendAsync(
            new OneTimeTokenRequest
            {
                Purpose = OneTimeTokenPurposes.ResetPassword,
                UserId = user.Id,
                Lifetime = s_lifetime,
                SecurityStamp = user.SecurityStamp,
            },
            new OutgoingMail
            {
                Template = MailTemplates.ResetPassword,
                To = email,
                Culture = user.Culture ?? request.Culture,
                Values = new Dictionary<string, string>(request.Values) { ["username"] = user.UserName ?? "" },
            });
    }

    /// <summary>Who has no account has a code that nobody knows, so that tries of it end as with any other.</summary>
    private async Task SendCodeAsync(RecoveryRequest request, PreparedToken code, User? user)
    {
        if (user is not { Email: { } email, EmailConfirmed: true, DisabledAt: null, MustEnrolSecondFactor: false } || !await throttle.MayMailAsync(OneTimeTokenPurposes.SignInCode, email))
        {
            await tokens.IssueAsync(OneTimeTokenIssuer.Untold(code.Token), mail: null);
            return;
        }

        var mail = new OutgoingMail
        {
            Template = MailTemplates.SignInCode,
            To = email,
            Culture = user.Culture ?? request.Culture,
            Values = new Dictionary<string, string>(request.Values) { ["username"] = user.UserName ?? "" },
        };
        await tokens.IssueAsync(code.Token with { UserId = user.Id, SecurityStamp = user.SecurityStamp }, issuer.Seal(mail, code));
    }

    [LoggerMessage(1050, LogLevel.Error, "A mail with a link or a code could not be written; the person has to ask again")]
    private partial void Failed(Exception error);
}
