using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Upstream;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Protocol.Outbox;
using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Events;
using IdentityProvider.Storage.Users;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace IdentityProvider.Storage.Upstream;

/// <summary>
/// External logins on either database. The primary key decides whom an account signs in: of several first sign-ins at once, one inserts it,
/// and the others wait for that one and find it. Who links or unlinks takes the person's row first, like every change of a person.
/// </summary>
internal sealed class ExternalLoginStore(Func<IdentityProviderContext> contexts, OutboxSignal outbox, TimeProvider time) : IExternalLoginStore
{
    public async Task<ExternalLogin?> FindAsync(string issuer, string subject, CancellationToken cancellationToken)
    {
        await using var context = contexts();
        return await Describe(context, context.Set<ExternalLoginRow>().Where(login => login.Issuer == issuer && login.Subject == subject))
            .SingleOrDefaultAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<ExternalLogin>> ListAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var context = contexts();
        return await Describe(context, context.Set<ExternalLoginRow>().Where(login => login.UserId == userId).OrderBy(login => login.CreatedAt))
            .ToListAsync(cancellationToken);
    }

    public async Task<RegistrationOutcome> RegisterAsync(User user, IReadOnlyList<UserClaim> claims, ExternalLogin login, ChangeNotice? notice = null)
    {
        await using var context = contexts();
        await using var transaction = await context.Database.BeginTransactionAsync();
        if (!await InsertAsync(context, login))
        {
            return RegistrationOutcome.AlreadyLinked;
        }

        if (user.NormalizedEmail is { } address)
        {
            // On SQLite the insert above has the only write lock.
            await AddressLock.TakeAsync(context, address);
            if (await context.Users.AnyAsync(other => other.NormalizedEmail == address && other.EmailConfirmed))
            {
                return RegistrationOutcome.AddressTaken;
            }
        }

        if (await context.Users.AnyAsync(other => other.NormalizedUserName == user.NormalizedUserName))
        {
            return RegistrationOutcome.NameTaken;
        }

        context.Add(user);
        context.AddRange(claims);
        try
        {
            await context.SaveChangesAsync();
        }
        catch (DbUpdateException error) when (!StorageOutage.IsOutage(error))
        {
            return RegistrationOutcome.NameTaken;
        }

        await CommitAsync(context, transaction, notice, user.Id);
        return RegistrationOutcome.Created;
    }

    public async Task<LinkOutcome> LinkAsync(ExternalLogin login, long userEpoch, ChangeNotice? notice = null)
    {
        await using var context = contexts();
        await using var transaction = await context.Database.BeginTransactionAsync();
        var stamp = Stamps.New().Concurrency;
        var people = await context.Users.Where(user => user.Id == login.UserId && user.Epoch == userEpoch && user.DisabledAt == null)
            .ExecuteUpdateAsync(update => update.SetProperty(user => user.ConcurrencyStamp, stamp));
        if (people == 0)
        {
            return LinkOutcome.PersonChanged;
        }

        if (await InsertAsync(context, login))
        {
            await CommitAsync(context, transaction, notice, login.UserId);
            return LinkOutcome.Linked;
        }

        return await context.Set<ExternalLoginRow>().AnyAsync(row => row.Issuer == login.Issuer && row.Subject == login.Subject && row.UserId == login.UserId)
            ? LinkOutcome.AlreadyTheirs
            : LinkOutcome.TakenByOther;
    }

    public async Task<UnlinkOutcome> UnlinkAsync(Guid userId, string issuer, string subject, ChangeNotice? notice = null)
    {
        await using var context = contexts();
        await using var transaction = await context.Database.BeginTransactionAsync();

        // The removal of a passkey takes the row too: of two at once, each of which leaves the other, one comes second.
        var stamp = Stamps.New().Concurrency;
        await context.Users.Where(user => user.Id == userId).ExecuteUpdateAsync(update => update.SetProperty(user => user.ConcurrencyStamp, stamp));
        var key = Key(issuer, subject);
        var unlinked = await context.Database.ExecuteSqlAsync($"""
            DELETE FROM external_logins WHERE issuer = {issuer} AND subject = {subject} AND user_id = {userId} AND (
                EXISTS (SELECT 1 FROM "AspNetUsers" u WHERE u."Id" = {userId} AND u."PasswordHash" IS NOT NULL)
                OR (SELECT count(*) FROM "AspNetUserPasskeys" p WHERE p."UserId" = {userId})
                    > (SELECT count(*) FROM suspensions s WHERE s.user_id = {userId} AND s.kind = 'passkey')
                OR EXISTS (SELECT 1 FROM external_logins o WHERE o.user_id = {userId} AND NOT (o.issuer = {issuer} AND o.subject = {subject})
                    AND NOT EXISTS (SELECT 1 FROM suspensions s
                        WHERE s.user_id = {userId} AND s.kind = {ExternalLoginRow.SuspensionKind} AND s.key = o.issuer || ' ' || o.subject)))
            """);
        if (unlinked == 1)
        {
            await context.Set<SuspensionRow>()
                .Where(row => row.UserId == userId && row.Kind == ExternalLoginRow.SuspensionKind && row.Key == key).ExecuteDeleteAsync();
            await CommitAsync(context, transaction, notice, userId);
            return UnlinkOutcome.Unlinked;
        }

        return await context.Set<ExternalLoginRow>().AnyAsync(row => row.Issuer == issuer && row.Subject == subject && row.UserId == userId)
            ? UnlinkOutcome.LastMeans
            : UnlinkOutcome.NotFound;
    }

    public async Task NoteUseAsync(string issuer, string subject)
    {
        var now = time.GetUtcNow();
        await using var context = contexts();
        await context.Set<ExternalLoginRow>().Where(row => row.Issuer == issuer && row.Subject == subject)
            .ExecuteUpdateAsync(update => update.SetProperty(row => row.LastUsedAt, now));
    }

    private async Task CommitAsync(IdentityProviderContext context, IDbContextTransaction transaction, ChangeNotice? notice, Guid userId)
    {
        var mails = await ChangeNotices.AddAsync(context, notice, userId, time.GetUtcNow());
        await transaction.CommitAsync();
        if (mails)
        {
            outbox.Set();
        }
    }

    private static async Task<bool> InsertAsync(IdentityProviderContext context, ExternalLogin login) =>
        await context.Database.ExecuteSqlAsync($"""
            INSERT INTO external_logins (issuer, subject, user_id, label, created_at)
            VALUES ({login.Issuer}, {login.Subject}, {login.UserId}, {login.Label}, {login.CreatedAt})
            ON CONFLICT DO NOTHING
            """) == 1;

    private static IQueryable<ExternalLogin> Describe(IdentityProviderContext context, IQueryable<ExternalLoginRow> rows) => rows.Select(row => new ExternalLogin
    {
        Issuer = row.Issuer,
        Subject = row.Subject,
        UserId = row.UserId,
        Label = row.Label,
        CreatedAt = row.CreatedAt,
        LastUsedAt = row.LastUsedAt,
        Suspended = context.Set<SuspensionRow>()
            .Any(other => other.UserId == row.UserId && other.Kind == ExternalLoginRow.SuspensionKind && other.Key == row.Issuer + " " + row.Subject),
    });

    private static string Key(string issuer, string subject) => $"{issuer} {subject}";
}
