using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Factors;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Accounts.SignIn;
using IdentityProvider.Accounts.Users;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Logging;

namespace IdentityProvider.Accounts.Upstream;

/// <summary>Signs people in who have proved themselves at another provider, and links such accounts to persons here.</summary>
public sealed partial class ExternalSignInService
{
    private readonly UserManager<User> _users;
    private readonly IExternalLoginStore _logins;
    private readonly IFactorStore _factors;
    private readonly PendingSecondFactors _secondFactors;
    private readonly SessionStarter _starter;
    private readonly IAccountEvents _events;
    private readonly TimeProvider _time;
    private readonly ILogger<ExternalSignInService> _logger;

    internal ExternalSignInService(
        UserManager<User> users,
        IExternalLoginStore logins,
        IFactorStore factors,
        PendingSecondFactors secondFactors,
        SessionStarter starter,
        IAccountEvents events,
        TimeProvider time,
        ILogger<ExternalSignInService> logger)
    {
        _users = users;
        _logins = logins;
        _factors = factors;
        _secondFactors = secondFactors;
        _starter = starter;
        _events = events;
        _time = time;
        _logger = logger;
    }

    /// <summary>
    /// Signs the person in whom this account belongs to; who is unknown gets an account, if the provider may make one. Nobody is
    /// recognised by an e-mail address. A second factor that is set up here is asked for, whatever was proved there.
    /// </summary>
    public async Task<ExternalSignInOutcome> SignInAsync(HttpContext context, ExternalAccount account, bool remember, string destination)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(account);
        var login = await _logins.FindAsync(account.Issuer, account.Subject, context.RequestAborted);
        if (login is null)
        {
            if (!account.MayRegister)
            {
                return ExternalSignInOutcome.NoAccount;
            }

            if (await RegisterAsync(context, account) == RegistrationOutcome.AddressTaken)
            {
                return ExternalSignInOutcome.AddressTaken;
            }

            login = await _logins.FindAsync(account.Issuer, account.Subject, context.RequestAborted);
        }

        var user = login is null ? null : await _users.FindByIdAsync(login.UserId.ToString("D"));
        if (user is null || login!.Suspended || user.DisabledAt is not null)
        {
            return Refuse(context, login);
        }

        IReadOnlyList<string> methods = [AuthenticationLevel.Federated, .. account.Amr];
        if (user.MustEnrolSecondFactor || (await _factors.ReadAsync(user.Id, context.RequestAborted)).TwoStep)
        {
            _secondFactors.Begin(context, user, methods, remember, destination);
            await _logins.NoteUseAsync(account.Issuer, account.Subject);
            return ExternalSignInOutcome.SecondFactorRequired;
        }

        if (!await _starter.StartAsync(context, user, new Proof(account.Acr ?? AuthenticationLevel.OneFactor, methods) { Age = account.Age }, remember))
        {
            return Refuse(context, login);
        }

        await _logins.NoteUseAsync(account.Issuer, account.Subject);
        return ExternalSignInOutcome.Succeeded;
    }

    /// <summary>The accounts that sign this person in.</summary>
    public Task<IReadOnlyList<ExternalLogin>> ListAsync(UserSession session, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(session);
        return _logins.ListAsync(session.UserId, cancellationToken);
    }

    /// <summary>Lets this account sign the person of the session in. Both have been proved: the account by its provider, the session as a fresh one.</summary>
    public async Task<LinkOutcome> LinkAsync(HttpContext context, UserSession session, ExternalAccount account)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(account);
        var notice = Notice(context, session, AccountEventTypes.ExternalLoginLinked, account.Issuer);
        var outcome = await _logins.LinkAsync(NewLogin(session.UserId, account), session.UserEpoch, notice);
        if (outcome == LinkOutcome.Linked)
        {
            _events.Report(notice.ToEvent(session.UserId), context);
        }

        return outcome;
    }

    /// <summary>Lets it sign the person in no more, unless it is the last means that they have.</summary>
    public async Task<UnlinkOutcome> UnlinkAsync(HttpContext context, UserSession session, string issuer, string subject)
    {
        ArgumentNullException.ThrowIfNull(session);
        var notice = Notice(context, session, AccountEventTypes.ExternalLoginUnlinked, issuer);
        var outcome = await _logins.UnlinkAsync(session.UserId, issuer, subject, notice);
        if (outcome == UnlinkOutcome.Unlinked)
        {
            _events.Report(notice.ToEvent(session.UserId), context);
        }

        return outcome;
    }

    private ChangeNotice Notice(HttpContext context, UserSession session, string type, string issuer) => new(type, _events.OriginOf(context))
    {
        SessionId = session.Id,
        Detail = issuer,
        Mail = MailTemplates.SecurityChanged,
        MailValues = new Dictionary<string, string> { ["change"] = type },
    };

    private async Task<RegistrationOutcome> RegisterAsync(HttpContext context, ExternalAccount account)
    {
        var notice = new ChangeNotice(AccountEventTypes.AccountCreated, _events.OriginOf(context)) { Detail = account.Issuer };
        var outcome = RegistrationOutcome.NameTaken;
        foreach (var name in UsernameSuggestions.For(account))
        {
            var user = NewUser(name, account);
            outcome = await _logins.RegisterAsync(user, ClaimsOf(user, account), NewLogin(user.Id, account), notice);
            if (outcome == RegistrationOutcome.Created)
            {
                Registered(user.Id, account.Issuer);
                _events.Report(notice.ToEvent(user.Id), context);
            }

            if (outcome != RegistrationOutcome.NameTaken)
            {
                break;
            }
        }

        return outcome;
    }

    /// <summary>An address that is not verified is left out: it would tell who else has it, and keep its owner from using it.</summary>
    private User NewUser(string name, ExternalAccount account)
    {
        var now = _time.GetUtcNow();
        var email = account.EmailIsVerified ? account.Email : null;
        return new User
        {
            Id = Guid.CreateVersion7(now),
            UserName = name,
            NormalizedUserName = _users.NormalizeName(name),
            Email = email,
            NormalizedEmail = email is null ? null : _users.NormalizeEmail(email),
            EmailConfirmed = email is not null,
            SecurityStamp = Guid.CreateVersion7(now).ToString("N"),
            LockoutEnabled = true,
            CreatedAt = now,
            UpdatedAt = now,
        };
    }

    private static IReadOnlyList<UserClaim> ClaimsOf(User user, ExternalAccount account) =>
    [
        .. new (string Type, string? Value)[] { ("name", account.Name), ("given_name", account.GivenName), ("family_name", account.FamilyName) }
            .Where(claim => claim.Value is not null)
            .Select(claim => new UserClaim { UserId = user.Id, ClaimType = claim.Type, ClaimValue = claim.Value }),
    ];

    private ExternalLogin NewLogin(Guid userId, ExternalAccount account) => new()
    {
        Issuer = account.Issuer,
        Subject = account.Subject,
        UserId = userId,
        Label = account.Label,
        CreatedAt = _time.GetUtcNow(),
    };

    private ExternalSignInOutcome Refuse(HttpContext context, ExternalLogin? login)
    {
        Refused(login?.UserId);
        _events.Report(new AccountEvent(AccountEventTypes.LoginFailure) { UserId = login?.UserId, Detail = "external login" }, context);
        return ExternalSignInOutcome.Refused;
    }

    [LoggerMessage(1060, LogLevel.Information, "Account made for somebody of {Issuer}: user {UserId}")]
    private partial void Registered(Guid userId, string issuer);

    [LoggerMessage(1061, LogLevel.Information, "Sign-in with an external account refused: user {UserId}")]
    private partial void Refused(Guid? userId);
}
