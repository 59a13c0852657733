using IdentityProvider.Accounts.OneTimeTokens;
using IdentityProvider.Accounts.Recovery;
using IdentityProvider.Protocol.Outbox;
using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Events;
using IdentityProvider.Storage.OneTimeTokens;
using IdentityProvider.Storage.Outbox;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.Storage.Users;

/// <summary>Changes of addresses, on either database: the address is locked first, then the person, then the token.</summary>
internal sealed class EmailChangeStore(Func<IdentityProviderContext> contexts, OneTimeTokenStore tokens, OutboxSignal signal, TimeProvider time) : IEmailChangeStore
{
    public async Task<bool> ChangeAsync(EmailChange change)
    {
        var now = time.GetUtcNow();
        var stamps = Stamps.New();
        await using var context = contexts();
        await using var transaction = await context.Database.BeginTransactionAsync();
        await AddressLock.TakeAsync(context, change.Email);
        var changed = await context.Users
            .Where(user => user.Id == change.UserId && user.SecurityStamp == change.SecurityStamp
                && !context.Users.Any(other => other.Id != change.UserId && other.NormalizedEmail == change.NormalizedEmail && other.EmailConfirmed))
            .ExecuteUpdateAsync(update => update
                .SetProperty(user => user.Email, change.Email)
                .SetProperty(user => user.NormalizedEmail, change.NormalizedEmail)
                .SetProperty(user => user.EmailConfirmed, true)
                .SetProperty(user => user.SecurityStamp, stamps.Security)
                .SetProperty(user => user.ConcurrencyStamp, stamps.Concurrency)
                .SetProperty(user => user.UpdatedAt, now));
        if (changed != 1 || (change.Proof is { } proof && !await UseAsync(context, change, proof.Purpose, proof.Link.Id, proof.Link.SecretHash, now)))
        {
            return false;
        }

        if (change.VoidsLinks)
        {
            await context.Set<OneTimeTokenRow>()
                .Where(row => row.UserId == change.UserId && row.UsedAt == null
                    && (row.Purpose == OneTimeTokenPurposes.UndoEmailChange || row.Purpose == OneTimeTokenPurposes.NotMe))
                .ExecuteUpdateAsync(update => update.SetProperty(row => row.TriesLeft, 0));
        }

        if (change.Undo is { } undo)
        {
            context.Add(tokens.Row(undo));
        }

        if (change.Mail is { } mail)
        {
            context.Add(MailOutbox.Row(mail, now));
        }

        await context.SaveChangesAsync();
        await ChangeNotices.AddAsync(context, change.Notice, change.UserId, now);
        await transaction.CommitAsync();
        signal.Set();
        return true;
    }

    /// <summary>The stamp is held against the one that was valid before.</summary>
    private static async Task<bool> UseAsync(IdentityProviderContext context, EmailChange change, string purpose, Guid id, byte[] secretHash, DateTimeOffset now) =>
        await context.Set<OneTimeTokenRow>()
            .Where(row => row.Id == id && row.Purpose == purpose && row.SecretHash == secretHash && row.UserId == change.UserId
                && row.UsedAt == null && row.ExpiresAt > now && row.TriesLeft > 0
                && (row.SecurityStamp == null || row.SecurityStamp == change.SecurityStamp))
            .ExecuteUpdateAsync(update => update.SetProperty(row => row.UsedAt, now)) == 1;
}
