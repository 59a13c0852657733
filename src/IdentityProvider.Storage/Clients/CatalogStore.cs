using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Events;
using IdentityProvider.Storage.Consents;
using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Events;
using IdentityProvider.Storage.Grants;
using IdentityProvider.Storage.Redis;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.Storage.Clients;

internal sealed class CatalogStore(
    Func<IdentityProviderContext> contexts, CatalogReader reader, CatalogCache cache, TimeProvider time, RedisConnection? redis = null, SecurityEvents? events = null)
    : ICatalogStore
{
    public Task<CatalogContents> LoadAsync(CancellationToken cancellationToken) => reader.ReadAsync(unreadable: null, cancellationToken);

    public Task<CatalogContents> LoadReadableAsync(CancellationToken cancellationToken) => reader.ReadAsync(_ => { }, cancellationToken);

    public async Task ApplyAsync(CatalogContents upserts, CatalogRemovals removals, CancellationToken cancellationToken)
    {
        var changed = false;
        List<SecurityEvent> noted = [];
        await using (var context = contexts())
        {
            await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);

            await WaitPatientlyAsync(context, cancellationToken);

            // The version row is locked first: two instances that seed at once take turns, and the second one finds nothing to do.
            await context.Database.ExecuteSqlAsync($"UPDATE catalog_version SET version = version + 1", cancellationToken);
            var now = await NowAsync(context, cancellationToken);
            await UpsertAsync(context, CatalogRow.Clients, upserts.Clients, client => (client.ClientId, client.Enabled), now, cancellationToken);
            await UpsertAsync(context, CatalogRow.ApiScopes, upserts.ApiScopes, scope => (scope.Name, scope.Enabled), now, cancellationToken);
            await UpsertAsync(context, CatalogRow.ApiResources, upserts.ApiResources, api => (api.Name, api.Enabled), now, cancellationToken);
            await UpsertAsync(context, CatalogRow.IdentityResources, upserts.IdentityResources, resource => (resource.Name, resource.Enabled), now, cancellationToken);
            var returned = context.Set<CatalogRow>(CatalogRow.Clients).Local.Where(row => row.ReturnedAt == now).Select(row => row.Name).ToList();
            await RemoveAsync(context, CatalogRow.ApiScopes, removals.ApiScopes, cancellationToken);
            await RemoveAsync(context, CatalogRow.ApiResources, removals.ApiResources, cancellationToken);
            await RemoveAsync(context, CatalogRow.IdentityResources, removals.IdentityResources, cancellationToken);
            await RemoveClientsAsync(context, removals.Clients, now, cancellationToken);
            await ForgetAsync(context, removals.Clients, returned, now, cancellationToken);
            noted = AddEvents(context, now);

            if (await context.SaveChangesAsync(cancellationToken) > 0)
            {
                await transaction.CommitAsync(cancellationToken);
                changed = true;
            }
        }

        noted.ForEach(it => events?.Report(it));

        await cache.RefreshAsync(cancellationToken);
        if (changed && redis is not null)
        {
            await redis.PublishAsync(Changes.Channel, Changes.Catalog);
        }
    }

    private static List<SecurityEvent> AddEvents(IdentityProviderContext context, DateTimeOffset now)
    {
        var noted = new List<SecurityEvent>();
        context.ChangeTracker.DetectChanges();
        foreach (var entry in context.ChangeTracker.Entries<CatalogRow>().Where(entry => entry.Metadata.Name == CatalogRow.Clients).ToList())
        {
            var type = (entry.State, entry.Entity.Document) switch
            {
                (EntityState.Added, _) => InstallationEventTypes.ClientCreated,
                (EntityState.Modified, not null) when entry.OriginalValues[nameof(CatalogRow.Document)] is null => InstallationEventTypes.ClientCreated,
                (EntityState.Modified, null) => InstallationEventTypes.ClientRemoved,
                (EntityState.Modified, _) => InstallationEventTypes.ClientChanged,
                _ => null,
            };
            if (type is not null)
            {
                context.Add(new SecurityEventRow { Type = type, OccurredAt = now, ClientId = entry.Entity.Name });
                noted.Add(new SecurityEvent { Type = type, OccurredAt = now, ClientId = entry.Entity.Name, Recorded = true });
            }
        }

        return noted;
    }

    /// <summary>
    /// The limits of the pool are for requests. Here an instance that starts, or an operator, waits for another one's whole transaction,
    /// and an error would end the start. Shorter than the driver's own limit of 30 s.
    /// </summary>
    private static async Task WaitPatientlyAsync(IdentityProviderContext context, CancellationToken cancellationToken)
    {
        if (context.Database.IsNpgsql())
        {
            await context.Database.ExecuteSqlAsync($"SET LOCAL lock_timeout = '25s'", cancellationToken);
            await context.Database.ExecuteSqlAsync($"SET LOCAL statement_timeout = '25s'", cancellationToken);
        }
    }

    /// <summary>The clock that grants are created by, since <see cref="CatalogRow.ReturnedAt"/> is compared with theirs.</summary>
    private async Task<DateTimeOffset> NowAsync(IdentityProviderContext context, CancellationToken cancellationToken) => context.Database.IsNpgsql()
        ? await context.Database.SqlQuery<DateTimeOffset>($"""SELECT clock_timestamp() AS "Value" """).SingleAsync(cancellationToken)
        : time.GetUtcNow();

    private static async Task UpsertAsync<T>(
        IdentityProviderContext context, string table, IReadOnlyList<T> items, Func<T, (string Name, bool Enabled)> describe,
        DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (items.Count == 0)
        {
            return;
        }

        var rows = await context.Set<CatalogRow>(table).ToDictionaryAsync(row => row.Name, cancellationToken);
        foreach (var item in items)
        {
            var (name, enabled) = describe(item);
            var document = CatalogDocuments.Write(item);
            if (!rows.TryGetValue(name, out var row))
            {
                row = new CatalogRow { Name = name, UpdatedAt = now };
                rows.Add(name, row);
                context.Set<CatalogRow>(table).Add(row);
            }

            if (row.Document != document)
            {
                // A row that is not new and has no document is that of a removed client.
                row.ReturnedAt = row.Document is null && context.Entry(row).State != EntityState.Added ? now : row.ReturnedAt;
                row.Document = document;
                row.UpdatedAt = now;
                row.DisabledAt = enabled ? null : row.DisabledAt ?? now;
            }
        }
    }

    private static async Task RemoveAsync(
        IdentityProviderContext context, string table, IReadOnlyList<string> names, CancellationToken cancellationToken)
    {
        if (names.Count > 0)
        {
            context.Set<CatalogRow>(table).RemoveRange(await context.Set<CatalogRow>(table).Where(row => names.Contains(row.Name)).ToListAsync(cancellationToken));
        }
    }

    /// <summary>
    /// The disabled row that stays makes every grant dead, one that is being inserted at this moment as well; if a client of the same name
    /// comes back, its grants are those created since then. None of them is touched, however many there are.
    /// </summary>
    private static async Task RemoveClientsAsync(
        IdentityProviderContext context, IReadOnlyList<string> names, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (names.Count == 0)
        {
            return;
        }

        foreach (var row in await context.Set<CatalogRow>(CatalogRow.Clients)
            .Where(row => names.Contains(row.Name) && row.Document != null).ToListAsync(cancellationToken))
        {
            row.Document = null;
            row.DisabledAt ??= now;
            row.UpdatedAt = now;
        }
    }

    /// <summary>
    /// What a client must not find when its name comes back: consents, and codes that nobody has redeemed yet. One client after the other,
    /// in the order of the key: that of all who delete several consents of a person.
    /// </summary>
    private static async Task ForgetAsync(
        IdentityProviderContext context, IReadOnlyList<string> removed, List<string> returned, DateTimeOffset now, CancellationToken cancellationToken)
    {
        foreach (var name in removed.Concat(returned).Order(StringComparer.Ordinal))
        {
            await context.Set<ConsentRow>().Where(consent => consent.ClientId == name).ExecuteDeleteAsync(cancellationToken);
        }

        if (returned.Count > 0)
        {
            await context.Set<AuthorizationCodeRow>()
                .Where(code => code.ExpiresAt > now && returned.Contains(code.ClientId) && code.RedeemedAt == null).ExecuteDeleteAsync(cancellationToken);
        }
    }
}
