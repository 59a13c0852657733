using IdentityProvider.Protocol.Events;
using IdentityProvider.Storage.Database;

namespace IdentityProvider.Storage.Events;

/// <summary>Keeps the events that no statement has stored yet.</summary>
internal sealed class SecurityEventStore(Func<IdentityProviderContext> contexts) : IEventSink
{
    public async Task WriteAsync(IReadOnlyList<SecurityEvent> events, CancellationToken cancellationToken)
    {
        await using var context = contexts();
        context.AddRange(events.Where(it => !it.Recorded).Select(it => new SecurityEventRow
        {
            Type = it.Type,
            OccurredAt = it.OccurredAt.ToUniversalTime(),
            SubjectId = it.SubjectId,
            ClientId = it.ClientId,
            SessionId = it.SessionId,
            GrantId = it.GrantId,
            Network = it.Network,
            UserAgent = it.UserAgent,
            RemoteAddress = it.RemoteAddress,
            IdentifierHash = it.IdentifierHash,
            Detail = it.Detail,
        }));
        await context.SaveChangesAsync(cancellationToken);
    }
}
