using IdentityProvider.Protocol.Consents;
using IdentityProvider.Storage.Clients;
using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Grants;
using IdentityProvider.Storage.Sessions;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.Storage.Consents;

/// <summary>Consents and grants of a person, on either database. A grant counts while <see cref="Liveness"/> lets its client use it.</summary>
internal sealed class ConnectedAppStore(Func<IdentityProviderContext> contexts, TimeProvider time) : IConnectedAppStore
{
    public async Task<IReadOnlyList<ConnectedApp>> ListAsync(Guid subjectId, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var context = contexts();
        var consents = await context.Set<ConsentRow>().AsNoTracking()
            .Where(consent => consent.SubjectId == subjectId && (consent.ExpiresAt == null || consent.ExpiresAt > now))
            .ToListAsync(cancellationToken);
        var (sessions, clients) = (context.Set<SessionRow>(), context.Set<CatalogRow>(CatalogRow.Clients));
        var grants = await context.Set<GrantRow>().AsNoTracking()
            .Where(grant => grant.SubjectId == subjectId && grant.RevokedAt == null && grant.IdleExpiresAt > now && grant.AbsoluteExpiresAt > now
                && context.Users.Any(user => user.Id == subjectId && user.Epoch == grant.SubjectEpoch && user.DisabledAt == null)
                && !clients.Any(client => client.Name == grant.ClientId && (client.Document == null || client.ReturnedAt >= grant.CreatedAt))
                && (!grant.EndsWithSession || sessions.Any(session => session.Id == grant.SessionId && session.EndedAt == null && session.AbsoluteExpiresAt > now)))
            .Select(grant => new { grant.ClientId, grant.Scopes, grant.CreatedAt, grant.RotatedAt, grant.EndsWithSession })
            .ToListAsync(cancellationToken);
        return
        [
            .. consents.Select(consent => consent.ClientId).Union(grants.Select(grant => grant.ClientId), StringComparer.Ordinal)
                .Select(client =>
                {
                    var (allowed, held) = (consents.Where(consent => consent.ClientId == client).ToList(), grants.Where(grant => grant.ClientId == client).ToList());
                    return new ConnectedApp
                    {
                        ClientId = client,
                        Scopes = [.. allowed.SelectMany(consent => consent.Scopes).Union(held.SelectMany(grant => grant.Scopes), StringComparer.Ordinal)],
                        GrantedAt = allowed.Select(consent => consent.GrantedAt).Concat(held.Select(grant => grant.CreatedAt)).Min(),
                        LastUsedAt = held.Count == 0 ? null : held.Max(grant => grant.RotatedAt ?? grant.CreatedAt),
                        Offline = held.Exists(grant => !grant.EndsWithSession),
                    };
                })
                .OrderByDescending(app => app.LastUsedAt ?? app.GrantedAt),
        ];
    }

    public async Task<IReadOnlyList<ConnectedApp>> ListSinceAsync(Guid subjectId, DateTimeOffset since, CancellationToken cancellationToken)
    {
        await using var context = contexts();
        var grants = await context.Set<GrantRow>().AsNoTracking()
            .Where(grant => grant.SubjectId == subjectId && grant.CreatedAt >= since)
            .Select(grant => new { grant.ClientId, grant.Scopes, grant.CreatedAt, grant.RotatedAt, grant.EndsWithSession })
            .ToListAsync(cancellationToken);
        return
        [
            .. grants.GroupBy(grant => grant.ClientId, StringComparer.Ordinal)
                .Select(held => new ConnectedApp
                {
                    ClientId = held.Key,
                    Scopes = [.. held.SelectMany(grant => grant.Scopes).Distinct(StringComparer.Ordinal)],
                    GrantedAt = held.Min(grant => grant.CreatedAt),
                    LastUsedAt = held.Max(grant => grant.RotatedAt ?? grant.CreatedAt),
                    Offline = held.Any(grant => !grant.EndsWithSession),
                })
                .OrderByDescending(app => app.LastUsedAt),
        ];
    }
}
