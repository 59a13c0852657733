using System.Buffers.Text;
using System.Globalization;
using System.Net.Mail;
using System.Security.Cryptography;
using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Factors;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.OneTimeTokens;
using IdentityProvider.Accounts.Passwords;
using IdentityProvider.Accounts.Recovery;
using IdentityProvider.Accounts.Registration;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Hosting.Configuration;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;

namespace IdentityProvider.Hosting.CommandLine;

/// <summary>What <c>idp users</c> does.</summary>
internal sealed class UserCommands(ServerFactory factory, TextReader input, TextWriter output)
{
    private const int PasswordSize = 18;

    public Task<int> ListAsync(string[] settings, bool lockedOnly, int limit, CancellationToken cancellationToken) =>
        WithUsersAsync(settings, async (users, _) =>
        {
            var wanted = lockedOnly ? users.Users.Where(user => user.DisabledAt != null) : users.Users;
            await output.WriteLineAsync($"{"USERNAME",-24} {"SUBJECT",-36} {"E-MAIL",-32} STATE");
            foreach (var user in wanted.OrderBy(user => user.NormalizedUserName).Take(limit).ToList())
            {
                await output.WriteLineAsync($"{user.UserName,-24} {user.Id,-36} {user.Email ?? "-",-32} {StateOf(user)}");
            }

            if (wanted.Count() - limit is > 0 and var more)
            {
                await output.WriteLineAsync($"and {more} more; --limit shows them.");
            }
        }, cancellationToken);

    public Task<int> ShowAsync(string[] settings, string name, CancellationToken cancellationToken) =>
        WithUsersAsync(settings, async (users, services) =>
        {
            var user = await users.GetAsync(name);
            var sessions = await services.GetRequiredService<ISessionStore>().ListAsync(user.Id, cancellationToken);
            var roles = await users.GetRolesAsync(user);
            var email = user.Email is null ? "-" : $"{user.Email} ({(user.EmailConfirmed ? "verified" : "not verified")})";
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"""
                Username: {user.UserName}
                Subject:  {user.Id}
                E-mail:   {email}
                Roles:    {(roles.Count > 0 ? string.Join(", ", roles) : "-")}
                Created:  {user.CreatedAt:u}
                State:    {StateOf(user)}{(user.MustEnrolSecondFactor ? "; has to set up a second factor" : "")}
                Password: {(user.PasswordHash is null ? "none; `idp users reset-password` sets one" : "set")}
                Sessions: {sessions.Count}
                """));
        }, cancellationToken);

    public Task<int> CreateAsync(
        string[] settings, string name, string? email, bool emailVerified, bool passwordFromInput, CancellationToken cancellationToken) =>
        WithUsersAsync(settings, async (users, services) =>
        {
            if (email is not null && !MailAddress.TryCreate(email, out _))
            {
                throw new ConfigurationException($"'{email}' is not an e-mail address.");
            }

            if (emailVerified && email is null)
            {
                throw new ConfigurationException("--email-verified needs --email.");
            }

            if (email is not null && await users.FindByEmailAsync(email) is { EmailConfirmed: true } other)
            {
                throw new ConfigurationException($"The e-mail address belongs to {other.UserName} already.");
            }

            var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
            var password = await ReadPasswordAsync(passwordFromInput);
            var user = new User
            {
                Id = Guid.CreateVersion7(now),
                UserName = name,
                Email = email,
                EmailConfirmed = emailVerified,
                HasShortPassword = services.GetRequiredService<PasswordPolicy>().IsShort(password.Value),
                CreatedAt = now,
                UpdatedAt = now,
            };
            Require(await users.CreateAsync(user, password.Value));
            await services.GetRequiredService<IFactorStore>().TellAsync(
                user.Id, new ChangeNotice(AccountEventTypes.AccountCreated, new EventOrigin()) { Detail = ChangeNotice.ByOperator });
            await output.WriteLineAsync($"Created {name}, subject {user.Id}.");
            await PrintAsync(password);
        }, cancellationToken);

    public Task<int> ResetPasswordAsync(string[] settings, string name, bool passwordFromInput, CancellationToken cancellationToken) =>
        WithUsersAsync(settings, async (users, services) =>
        {
            var user = await users.GetAsync(name);
            var password = await ReadPasswordAsync(passwordFromInput);
            var hash = users.PasswordHasher.HashPassword(user, password.Value);
            var ended = await services.GetRequiredService<IAccountTransitions>().ResetPasswordAsync(
                user.Id, hash, services.GetRequiredService<PasswordPolicy>().IsShort(password.Value)) ?? throw PersonLookup.Unknown(name);
            await output.WriteLineAsync($"The password of {user.UserName} is reset. {InWords(ended)}");
            await PrintAsync(password);
        }, cancellationToken);

    public Task<int> LockAsync(string[] settings, string name, string reason, CancellationToken cancellationToken) =>
        WithUsersAsync(settings, async (users, services) =>
        {
            if (reason == Repudiation.LockReason)
            {
                throw new ConfigurationException($"'{reason}' is what the server itself writes when somebody reports a sign-in, and their new password ends that lock. Give another reason.");
            }

            var user = await users.GetAsync(name);
            var ended = await services.GetRequiredService<IAccountTransitions>().LockAsync(user.Id, reason) ?? throw PersonLookup.Unknown(name);
            await output.WriteLineAsync($"{user.UserName} is locked. {InWords(ended)}");
        }, cancellationToken);

    public Task<int> UnlockAsync(string[] settings, string name, bool requireReset, bool requireMfa, DateTimeOffset since, CancellationToken cancellationToken) =>
        WithUsersAsync(settings, async (users, services) =>
        {
            var user = await users.GetAsync(name);
            if (user.DisabledAt is null)
            {
                throw new ConfigurationException($"{user.UserName} is not locked.");
            }

            if (!await services.GetRequiredService<IAccountTransitions>().UnlockAsync(
                new Unlocking { UserId = user.Id, RemovePassword = requireReset, RequireSecondFactor = requireMfa, Since = since }))
            {
                throw PersonLookup.Unknown(name);
            }

            await output.WriteLineAsync(requireReset
                ? $"{user.UserName} is unlocked, and the old password is gone. They set a new one by mail; `idp users reset-password {user.UserName}` does too."
                : $"{user.UserName} is unlocked.");
            if (requireMfa)
            {
                await output.WriteLineAsync(
                    $"Their factors are void{(since > DateTimeOffset.UnixEpoch ? string.Create(CultureInfo.InvariantCulture, $", but passkeys and linked accounts from before {since:u}") : "")}. The next sign-in needs a code: `idp users one-time-code {user.UserName}`, once the password is set.");
            }
        }, cancellationToken);

    public Task<int> SetEmailAsync(string[] settings, string name, string typed, CancellationToken cancellationToken) =>
        WithUsersAsync(settings, async (users, services) =>
        {
            var email = EmailAddress.Parse(typed) ?? throw new ConfigurationException($"'{typed}' is not an e-mail address.");
            var user = await users.GetAsync(name);
            var changed = await services.GetRequiredService<IEmailChangeStore>().ChangeAsync(new EmailChange
            {
                UserId = user.Id,
                SecurityStamp = user.SecurityStamp ?? "",
                Email = email,
                NormalizedEmail = users.NormalizeEmail(email) ?? "",
                VoidsLinks = true,
                Notice = new ChangeNotice(AccountEventTypes.EmailChange, new EventOrigin()) { Detail = ChangeNotice.ByOperator },
                Mail = user is { EmailConfirmed: true, Email: { } old } && user.NormalizedEmail != users.NormalizeEmail(email)
                    ? MovedMail(user, old, services.GetRequiredService<TimeProvider>().GetUtcNow())
                    : null,
            });
            await output.WriteLineAsync(changed
                ? $"The address of {user.UserName} is {email}. Links that were mailed before are void."
                : throw new ConfigurationException($"Another account has {email}, or {user.UserName} has changed at this moment."));
        }, cancellationToken);

    public Task<int> OneTimeCodeAsync(string[] settings, string name, TimeSpan lifetime, CancellationToken cancellationToken) =>
        WithUsersAsync(settings, async (users, services) =>
        {
            var user = await users.GetAsync(name);
            if (user.DisabledAt is not null)
            {
                throw new ConfigurationException($"{user.UserName} is locked. `idp users unlock {user.UserName}` comes first.");
            }

            var tokens = services.GetRequiredService<IOneTimeTokenStore>();
            var prepared = services.GetRequiredService<OneTimeTokenIssuer>().Prepare(new OneTimeTokenRequest
            {
                Purpose = OneTimeTokenPurposes.OperatorCode,
                UserId = user.Id,
                Lifetime = lifetime,
                Link = false,
                CodeDigits = 8,
                SecurityStamp = user.SecurityStamp,
            });
            await tokens.VoidAsync(user.Id, OneTimeTokenPurposes.OperatorCode);
            await tokens.IssueAsync(prepared.Token, mail: null);
            await services.GetRequiredService<IFactorStore>().TellAsync(user.Id, new ChangeNotice(AccountEventTypes.OneTimeCodeIssued, new EventOrigin())
            {
                Mail = MailTemplates.SecurityChanged,
                MailValues = new Dictionary<string, string> { ["change"] = AccountEventTypes.OneTimeCodeIssued },
            });
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"""
                Code: {prepared.Token.Code}
                It stands in for the second factor of {user.UserName} once, within {lifetime.TotalMinutes:0} minutes, until the password changes. Earlier codes are void.
                """));
        }, cancellationToken);

    /// <summary>With nothing that would take it back: an operator moves an account away from a mailbox that is the person's no more.</summary>
    private static OutgoingMail MovedMail(User user, string address, DateTimeOffset now) => new()
    {
        Template = MailTemplates.SecurityChanged,
        To = address,
        Culture = user.Culture,
        Values = new Dictionary<string, string>
        {
            ["username"] = user.UserName ?? "",
            ["change"] = AccountEventTypes.EmailChange,
            ["time"] = now.ToString("O", CultureInfo.InvariantCulture),
        },
    };

    private async Task<int> WithUsersAsync(
        string[] settings, Func<UserManager<User>, IServiceProvider, Task> action, CancellationToken cancellationToken)
    {
        await using var app = await factory.OpenAsync(settings, cancellationToken);
        await using var scope = app.Services.CreateAsyncScope();
        await action(scope.ServiceProvider.GetRequiredService<UserManager<User>>(), scope.ServiceProvider);
        return 0;
    }

    /// <summary>A password in an argument could be read by every user of the machine.</summary>
    private async Task<(string Value, bool Generated)> ReadPasswordAsync(bool fromInput)
    {
        if (!fromInput)
        {
            return (Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(PasswordSize)), true);
        }

        return await input.ReadLineAsync() is { Length: > 0 } password
            ? (password, false)
            : throw new ConfigurationException("--password-stdin: the standard input is empty. Give the password as its first line.");
    }

    private Task PrintAsync((string Value, bool Generated) password) =>
        password.Generated ? output.WriteLineAsync($"Password: {password.Value}") : Task.CompletedTask;

    private static string StateOf(User user) => user.DisabledAt is { } since
        ? string.Create(CultureInfo.InvariantCulture, $"locked since {since:u}{(user.DisabledReason is { } reason ? $": {reason}" : "")}")
        : "active";

    private static string InWords(Ended ended) => $"Ended: {ended.Sessions} session(s), {ended.Grants} grant(s).";

    private static void Require(IdentityResult result)
    {
        if (!result.Succeeded)
        {
            throw new ConfigurationException([.. result.Errors.Select(error => error.Description)]);
        }
    }
}
