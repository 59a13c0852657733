using System.Linq.Expressions;
using System.Security.Cryptography;
using System.Text;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.OneTimeTokens;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Protocol.Outbox;
using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Outbox;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.Storage.OneTimeTokens;

/// <summary>
/// One-time tokens on either database. A use is one UPDATE whose row count says who was first. What a token says never changes, so it may
/// be read after the use.
/// </summary>
internal sealed class OneTimeTokenStore(Func<IdentityProviderContext> contexts, RootKey root, OutboxSignal signal, TimeProvider time) : IOneTimeTokenStore
{
    /// <summary>5 wrong codes: one guess in two hundred thousand, with six digits.</summary>
    private const int Tries = 5;

    private readonly byte[] _codeKey = root.Derive("one-time-codes");

    public async Task IssueAsync(NewOneTimeToken token, OutgoingMail? mail)
    {
        await using var context = contexts();
        context.Add(Row(token));
        if (mail is not null)
        {
            context.Add(MailOutbox.Row(mail, time.GetUtcNow()));
        }

        await context.SaveChangesAsync();
        if (mail is not null)
        {
            signal.Set();
        }
    }

    public async Task<OneTimeToken?> LookAsync(string purpose, OneTimeLink link, CancellationToken cancellationToken)
    {
        await using var context = contexts();
        return await context.Set<OneTimeTokenRow>()
            .Where(row => row.Id == link.Id && row.Purpose == purpose && row.SecretHash == link.SecretHash)
            .Select(View(context))
            .SingleOrDefaultAsync(cancellationToken);
    }

    public async Task<OneTimeToken?> FindAsync(string purpose, Guid id, CancellationToken cancellationToken)
    {
        await using var context = contexts();
        return await context.Set<OneTimeTokenRow>().Where(row => row.Id == id && row.Purpose == purpose).Select(View(context)).SingleOrDefaultAsync(cancellationToken);
    }

    public async Task<IReadOnlyList<OneTimeToken>> ListAsync(Guid userId, string purpose, CancellationToken cancellationToken)
    {
        await using var context = contexts();
        var tokens = await context.Set<OneTimeTokenRow>().Where(row => row.UserId == userId && row.Purpose == purpose)
            .OrderBy(row => row.CreatedAt).Select(View(context)).ToListAsync(cancellationToken);
        return tokens.FindAll(token => token.Status == OneTimeTokenStatus.Alive);
    }

    public async Task<OneTimeToken?> ConsumeAsync(string purpose, OneTimeLink link)
    {
        var now = time.GetUtcNow();
        await using var context = contexts();
        var used = await Alive(context, purpose, link.Id, now)
            .Where(row => row.SecretHash == link.SecretHash)
            .ExecuteUpdateAsync(update => update.SetProperty(row => row.UsedAt, now));
        return used == 1 ? await ReadAsync(context, link.Id) : null;
    }

    public async Task<OneTimeCodeAnswer> TryCodeAsync(string purpose, Guid id, string code, byte[]? browserHash)
    {
        var now = time.GetUtcNow();
        var hash = Hash(id, code);
        await using var context = contexts();
        var alive = Alive(context, purpose, id, now)
            .Where(row => row.CodeHash != null && (row.BrowserHash == null || row.BrowserHash == browserHash));
        if (await alive.ExecuteUpdateAsync(update => update.SetProperty(row => row.TriesLeft, row => row.TriesLeft - 1)) == 0)
        {
            return new OneTimeCodeAnswer(OneTimeCodeVerdict.Over);
        }

        // This try was the last one perhaps, and it still counts.
        var used = await context.Set<OneTimeTokenRow>()
            .Where(row => row.Id == id && row.CodeHash == hash && row.UsedAt == null)
            .ExecuteUpdateAsync(update => update.SetProperty(row => row.UsedAt, now));
        return used == 1
            ? new OneTimeCodeAnswer(OneTimeCodeVerdict.Right, await ReadAsync(context, id))
            : new OneTimeCodeAnswer(await alive.AnyAsync() ? OneTimeCodeVerdict.Wrong : OneTimeCodeVerdict.Over);
    }

    public async Task VoidAsync(Guid userId, string purpose)
    {
        await using var context = contexts();
        await context.Set<OneTimeTokenRow>()
            .Where(row => row.UserId == userId && row.Purpose == purpose && row.UsedAt == null)
            .ExecuteUpdateAsync(update => update.SetProperty(row => row.TriesLeft, 0));
    }

    /// <summary>For who writes a token together with a change.</summary>
    public OneTimeTokenRow Row(NewOneTimeToken token)
    {
        var now = time.GetUtcNow();
        return new OneTimeTokenRow
        {
            Id = token.Id,
            Purpose = token.Purpose,
            UserId = token.UserId,
            SecretHash = token.SecretHash,
            CodeHash = token.Code is { } code ? Hash(token.Id, code) : null,
            TriesLeft = Tries,
            BrowserHash = token.BrowserHash,
            SecurityStamp = token.SecurityStamp,
            Content = token.Content,
            CreatedAt = now,
            ExpiresAt = now + token.Lifetime,
        };
    }

    private static IQueryable<OneTimeTokenRow> Alive(IdentityProviderContext context, string purpose, Guid id, DateTimeOffset now) =>
        context.Set<OneTimeTokenRow>().Where(row => row.Id == id && row.Purpose == purpose && row.UsedAt == null && row.ExpiresAt > now
            && row.TriesLeft > 0
            && (row.SecurityStamp == null || context.Users.Any(user => user.Id == row.UserId && user.SecurityStamp == row.SecurityStamp)));

    private Expression<Func<OneTimeTokenRow, OneTimeToken>> View(IdentityProviderContext context)
    {
        var now = time.GetUtcNow();
        return row => new OneTimeToken
        {
            Id = row.Id,
            UserId = row.UserId,
            Status = row.UsedAt != null ? OneTimeTokenStatus.Used
                : row.ExpiresAt <= now ? OneTimeTokenStatus.Expired
                : row.TriesLeft > 0 && (row.SecurityStamp == null || context.Users.Any(user => user.Id == row.UserId && user.SecurityStamp == row.SecurityStamp))
                    ? OneTimeTokenStatus.Alive
                    : OneTimeTokenStatus.Void,
            Content = row.Content,
            BrowserHash = row.BrowserHash,
            CreatedAt = row.CreatedAt,
        };
    }

    private Task<OneTimeToken> ReadAsync(IdentityProviderContext context, Guid id) =>
        context.Set<OneTimeTokenRow>().Where(row => row.Id == id).Select(View(context)).SingleAsync();

    private byte[] Hash(Guid id, string code) => HMACSHA256.HashData(_codeKey, Encoding.UTF8.GetBytes($"{id:D}:{code}"));
}
