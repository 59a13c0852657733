using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Outbox;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.Storage.Events;

/// <summary>What tells of a change, for who writes it together with the change.</summary>
internal static class ChangeNotices
{
    /// <summary>Adds the event and the mail. True when there is a mail: then the outbox is woken once they are written.</summary>
    public static bool Add(IdentityProviderContext context, ChangeNotice notice, User user, DateTimeOffset now)
    {
        context.Add(new SecurityEventRow
        {
            Type = notice.EventType,
            OccurredAt = now,
            SubjectId = user.Id,
            SessionId = notice.SessionId,
            Network = notice.Origin.Network,
            UserAgent = notice.Origin.UserAgent,
            RemoteAddress = notice.Origin.RemoteAddress,
            Detail = notice.Detail,
        });
        if (notice.Mail is not { } template || user is not { EmailConfirmed: true, Email: { Length: > 0 } address })
        {
            return false;
        }

        context.Add(MailOutbox.Row(Mail(notice, template, address, user, now), now));
        return true;
    }

    /// <summary>The same for a person who has not been read. Call it in the transaction of the change.</summary>
    public static async Task<bool> AddAsync(IdentityProviderContext context, ChangeNotice? notice, Guid userId, DateTimeOffset now)
    {
        if (notice is null || await context.Users.AsNoTracking().SingleOrDefaultAsync(user => user.Id == userId) is not { } user)
        {
            return false;
        }

        var mails = Add(context, notice, user, now);
        await context.SaveChangesAsync();
        return mails;
    }

    private static OutgoingMail Mail(ChangeNotice notice, string template, string address, User user, DateTimeOffset now) => new()
    {
        Template = template,
        To = address,
        Culture = user.Culture,
        Values = new Dictionary<string, string>(notice.MailValues)
        {
            ["username"] = user.UserName ?? "",
            ["time"] = now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture),
            ["address"] = notice.Origin.RemoteAddress ?? "–",
        },
    };
}
