using IdentityProvider.Accounts.Activity;
using IdentityProvider.Accounts.Events;
using IdentityProvider.Storage.Database;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.Storage.Events;

/// <summary>The security events of a person, by the index on person and time.</summary>
internal sealed class ActivityStore(Func<IdentityProviderContext> contexts) : IActivityStore
{
    public async Task<IReadOnlyList<ActivityEntry>> ListAsync(Guid userId, ActivityCursor? below, int count, CancellationToken cancellationToken)
    {
        await using var context = contexts();
        var events = context.Set<SecurityEventRow>().AsNoTracking().Where(it => it.SubjectId == userId);
        if (below is not null)
        {
            var (moment, id) = (below.OccurredAt.ToUniversalTime(), below.Id);
            events = events.Where(it => it.OccurredAt <= moment && (it.OccurredAt < moment || it.Id < id));
        }

        return await events.OrderByDescending(it => it.OccurredAt).ThenByDescending(it => it.Id).Take(count)
            .Select(it => new ActivityEntry
            {
                Id = it.Id,
                Type = it.Type,
                OccurredAt = it.OccurredAt,
                ByOperator = it.Detail == ChangeNotice.ByOperator,
                ClientId = it.ClientId,
                RemoteAddress = it.RemoteAddress,
                Network = it.Network,
                UserAgent = it.UserAgent,
            })
            .ToListAsync(cancellationToken);
    }
}
