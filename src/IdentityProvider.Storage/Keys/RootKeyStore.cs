using IdentityProvider.Protocol.Keys;
using IdentityProvider.Storage.Database;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.Storage.Keys;

internal sealed class RootKeyStore(Func<IdentityProviderContext> contexts) : IRootKeyStore
{
    public async Task<WrappedRootKey?> LoadAsync(CancellationToken cancellationToken)
    {
        await using var context = contexts();
        return await context.Set<RootKeyRow>()
            .Select(row => new WrappedRootKey(row.MasterKeyId, row.WrappedKey))
            .SingleOrDefaultAsync(cancellationToken);
    }

    public async Task<bool> TryCreateAsync(WrappedRootKey key, CancellationToken cancellationToken)
    {
        await using var context = contexts();
        return await context.Database.ExecuteSqlAsync(
            $"INSERT INTO root_key (id, master_key_id, wrapped_key) VALUES ({RootKeyRow.OnlyId}, {key.MasterKeyId}, {key.WrappedKey}) ON CONFLICT DO NOTHING",
            cancellationToken) == 1;
    }

    public async Task<bool> TryReplaceAsync(WrappedRootKey current, WrappedRootKey replacement, CancellationToken cancellationToken)
    {
        await using var context = contexts();
        return await context.Database.ExecuteSqlAsync(
            $"UPDATE root_key SET master_key_id = {replacement.MasterKeyId}, wrapped_key = {replacement.WrappedKey} WHERE wrapped_key = {current.WrappedKey}",
            cancellationToken) == 1;
    }
}
