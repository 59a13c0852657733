using IdentityProvider.Protocol.Events;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Storage.Events;
using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Storage.Tests.Grants;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace IdentityProvider.Storage.Tests.Keys;

/// <summary>What becomes of a signing key is noted in the transaction of the change.</summary>
public abstract class KeyEventContract(TestDatabase database)
{
    [Fact]
    [Trait("row", "E1")]
    public async Task A_key_that_is_made_advanced_and_retired_leaves_three_events()
    {
        var store = database.Get<ISigningKeyStore>();
        var now = Scene.Ago(TimeSpan.Zero);
        var key = new StoredSigningKey
        {
            KeyId = Scene.Id().ToString("N"), Algorithm = "ES256", Generation = 77, CreatedAt = now, SignsFrom = now.AddDays(14), PublicKey = Scene.Bytes(), SealedPrivateKey = Scene.Bytes(),
        };
        Assert.True(await store.TryAddAsync(key, CancellationToken.None));
        Assert.False(await store.TryAddAsync(key with { KeyId = "another" }, CancellationToken.None));
        await store.UpdateAsync(key with { SignsFrom = now }, CancellationToken.None);
        await store.UpdateAsync(key with { RetiredAt = now, SealedPrivateKey = [] }, CancellationToken.None);
        await store.UpdateAsync(key with { RetiredAt = now, SealedPrivateKey = [] }, CancellationToken.None);

        await using var context = database.Context();
        Assert.Equal(
            [InstallationEventTypes.KeyCreated, InstallationEventTypes.KeyAdvanced, InstallationEventTypes.KeyRetired],
            await context.Set<SecurityEventRow>().Where(row => row.Detail == key.KeyId + " ES256").OrderBy(row => row.Id).Select(row => row.Type).ToListAsync());
    }
}

public sealed class SqliteKeyEventTests(SqliteTestDatabase database) : KeyEventContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresKeyEventTests(PostgresTestDatabase database) : KeyEventContract(database), IClassFixture<PostgresTestDatabase>;
