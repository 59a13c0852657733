using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Protocol.Outbox;
using IdentityProvider.Storage.Database;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.Storage.Outbox;

/// <summary>The mails of the outbox.</summary>
internal sealed class MailOutbox(Func<IdentityProviderContext> contexts, OutboxSignal signal, TimeProvider time) : IMailOutbox
{
    public async Task EnqueueAsync(OutgoingMail mail, CancellationToken cancellationToken)
    {
        await using var context = contexts();
        context.Add(Row(mail, time.GetUtcNow()));
        await context.SaveChangesAsync(cancellationToken);
        signal.Set();
    }

    public async Task<IReadOnlyList<QueuedMail>> ListAsync(int count, CancellationToken cancellationToken)
    {
        await using var context = contexts();
        var rows = await context.Set<OutboxRow>().AsNoTracking()
            .Where(row => row.Kind == OutgoingMail.Kind).OrderByDescending(row => row.Id).Take(count).ToListAsync(cancellationToken);
        return [.. rows.Select(Describe)];
    }

    public async Task<int> RetryAsync(long? id, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var context = contexts();
        var count = await context.Set<OutboxRow>()
            .Where(row => row.Kind == OutgoingMail.Kind
                && (id == null ? row.GivenUpAt != null : row.Id == id && (row.Attempts == 0 || row.LastError != null)))
            .ExecuteUpdateAsync(
                row => row.SetProperty(it => it.GivenUpAt, (DateTimeOffset?)null).SetProperty(it => it.DueAt, now),
                cancellationToken);
        signal.Set();
        return count;
    }

    /// <summary>For who writes a mail together with what it tells of.</summary>
    public static OutboxRow Row(OutgoingMail mail, DateTimeOffset now) => new()
    {
        Kind = OutgoingMail.Kind,
        Payload = mail.ToPayload(),
        Attempts = 0,
        DueAt = now,
        CreatedAt = now,
        ExpiresAt = now + mail.Lifetime,
    };

    private static QueuedMail Describe(OutboxRow row)
    {
        var mail = OutgoingMail.Parse(row.Payload);
        return new QueuedMail
        {
            Id = row.Id,
            Template = mail.Template,
            To = mail.To,
            Attempts = row.Attempts,
            CreatedAt = row.CreatedAt,
            DueAt = row.DueAt,
            GivenUpAt = row.GivenUpAt,
            LastError = row.LastError,
        };
    }
}
