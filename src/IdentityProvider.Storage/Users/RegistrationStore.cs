using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.OneTimeTokens;
using IdentityProvider.Accounts.Registration;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Protocol.Outbox;
using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Events;
using IdentityProvider.Storage.OneTimeTokens;
using IdentityProvider.Storage.Outbox;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace IdentityProvider.Storage.Users;

/// <summary>New accounts, on either database.</summary>
internal sealed class RegistrationStore(Func<IdentityProviderContext> contexts, OneTimeTokenStore tokens, OutboxSignal signal, TimeProvider time) : IRegistrationStore
{
    public async Task<bool> RegisterAsync(User user, NewOneTimeToken token, OutgoingMail? mail, ChangeNotice? notice = null)
    {
        await using var context = contexts();
        context.Add(user);
        context.Add(tokens.Row(token));
        if (mail is not null)
        {
            context.Add(MailOutbox.Row(mail, time.GetUtcNow()));
        }

        if (notice is not null)
        {
            ChangeNotices.Add(context, notice, user, time.GetUtcNow());
        }

        try
        {
            await context.SaveChangesAsync();
        }
        catch (DbUpdateException error) when (error.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation }
            or Microsoft.Data.Sqlite.SqliteException { SqliteErrorCode: SqliteConstraint })
        {
            return false;
        }

        if (mail is not null)
        {
            signal.Set();
        }

        return true;
    }

    /// <summary>
    /// An address belongs to one account. PostgreSQL lets two accounts confirm it at once only one after the other; SQLite has one writer.
    /// Older mails to the address would set a password without a sign-in, for longer than a mail that is made for it.
    /// </summary>
    public async Task<bool> ConfirmEmailAsync(Guid userId, string email, ChangeNotice? notice = null)
    {
        var now = time.GetUtcNow();
        await using var context = contexts();
        await using var transaction = await context.Database.BeginTransactionAsync();
        await AddressLock.TakeAsync(context, email);
        var confirmed = await context.Users
            .Where(user => user.Id == userId && user.Email == email && !user.EmailConfirmed
                && !context.Users.Any(other => other.Id != userId && other.NormalizedEmail == user.NormalizedEmail && other.EmailConfirmed))
            .ExecuteUpdateAsync(update => update
                .SetProperty(user => user.EmailConfirmed, true)
                .SetProperty(user => user.ConcurrencyStamp, Stamps.New().Concurrency)
                .SetProperty(user => user.UpdatedAt, now));
        if (confirmed == 1)
        {
            await context.Set<OneTimeTokenRow>()
                .Where(row => row.UserId == userId && row.Purpose == OneTimeTokenPurposes.VerifyEmail && row.UsedAt == null)
                .ExecuteUpdateAsync(update => update.SetProperty(row => row.TriesLeft, 0));
            await ChangeNotices.AddAsync(context, notice, userId, now);
        }

        await transaction.CommitAsync();
        return confirmed == 1;
    }

    private const int SqliteConstraint = 19;
}
