using IdentityProvider.Protocol.Events;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Events;
using IdentityProvider.Storage.Redis;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.Storage.Keys;

internal sealed class DatabaseSigningKeyStore(Func<IdentityProviderContext> contexts, TimeProvider time, RedisConnection? redis = null, SecurityEvents? events = null)
    : ISigningKeyStore
{
    public async Task<IReadOnlyList<StoredSigningKey>> LoadAsync(CancellationToken cancellationToken)
    {
        await using var context = contexts();
        return await context.Set<SigningKeyRow>()
            .OrderBy(row => row.Algorithm).ThenBy(row => row.Generation)
            .Select(row => new StoredSigningKey
            {
                KeyId = row.KeyId,
                Algorithm = row.Algorithm,
                Generation = row.Generation,
                CreatedAt = row.CreatedAt,
                SignsFrom = row.SignsFrom,
                RetiredAt = row.RetiredAt,
                PublicKey = row.PublicKey,
                SealedPrivateKey = row.SealedPrivateKey,
            })
            .ToListAsync(cancellationToken);
    }

    public async Task<bool> TryAddAsync(StoredSigningKey key, CancellationToken cancellationToken)
    {
        await using var context = contexts();
        if (await ExistsAsync(context, key, cancellationToken))
        {
            return false;
        }

        context.Add(new SigningKeyRow
        {
            KeyId = key.KeyId,
            Algorithm = key.Algorithm,
            Generation = key.Generation,
            CreatedAt = key.CreatedAt.ToUniversalTime(),
            SignsFrom = key.SignsFrom.ToUniversalTime(),
            RetiredAt = key.RetiredAt?.ToUniversalTime(),
            PublicKey = key.PublicKey,
            SealedPrivateKey = key.SealedPrivateKey,
        });
        var noted = Add(context, InstallationEventTypes.KeyCreated, key);
        try
        {
            await context.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException)
        {
            // The unique index has decided, if another instance was first; anything else is an outage.
            if (await ExistsAsync(context, key, cancellationToken))
            {
                return false;
            }

            throw;
        }

        events?.Report(noted);
        await AnnounceAsync();
        return true;
    }

    public async Task UpdateAsync(StoredSigningKey key, CancellationToken cancellationToken)
    {
        await using var context = contexts();
        await using var transaction = await context.Database.BeginTransactionAsync(cancellationToken);
        var signsFrom = key.SignsFrom.ToUniversalTime();
        var retiredAt = key.RetiredAt?.ToUniversalTime();
        var updated = await context.Set<SigningKeyRow>().Where(row => row.KeyId == key.KeyId && row.RetiredAt == null).ExecuteUpdateAsync(
            row => row
                .SetProperty(it => it.SignsFrom, signsFrom)
                .SetProperty(it => it.RetiredAt, retiredAt)
                .SetProperty(it => it.SealedPrivateKey, key.SealedPrivateKey),
            cancellationToken);
        if (updated == 0)
        {
            return;
        }

        var noted = Add(context, retiredAt is null ? InstallationEventTypes.KeyAdvanced : InstallationEventTypes.KeyRetired, key);
        await context.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        events?.Report(noted);
        await AnnounceAsync();
    }

    /// <summary>The event is written with the change, and reported once that is done.</summary>
    private SecurityEvent Add(IdentityProviderContext context, string type, StoredSigningKey key)
    {
        var noted = new SecurityEvent { Type = type, OccurredAt = time.GetUtcNow(), Detail = $"{key.KeyId} {key.Algorithm}", Recorded = true };
        context.Add(new SecurityEventRow { Type = noted.Type, OccurredAt = noted.OccurredAt, Detail = noted.Detail });
        return noted;
    }

    private Task AnnounceAsync() => redis?.PublishAsync(Changes.Channel, Changes.SigningKeys) ?? Task.CompletedTask;

    private static Task<bool> ExistsAsync(IdentityProviderContext context, StoredSigningKey key, CancellationToken cancellationToken) =>
        context.Set<SigningKeyRow>().AnyAsync(
            row => row.Algorithm == key.Algorithm && row.Generation == key.Generation, cancellationToken);
}
