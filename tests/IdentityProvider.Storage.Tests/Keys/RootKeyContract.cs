using IdentityProvider.Protocol.Keys;
using IdentityProvider.Storage.Tests.Databases;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Storage.Tests.Keys;

/// <summary>The root key, and the key ring that is sealed under it.</summary>
public abstract class RootKeyContract(TestDatabase database)
{
    private IRootKeyStore Store => database.Get<IRootKeyStore>();

    [Fact]
    public async Task There_is_one_root_key_and_who_replaces_it_must_know_it()
    {
        Assert.Null(await Store.LoadAsync(CancellationToken.None));
        var first = new WrappedRootKey("one", [1, 2, 3]);
        var second = new WrappedRootKey("two", [4, 5, 6]);

        Assert.True(await Store.TryCreateAsync(first, CancellationToken.None));
        Assert.False(await Store.TryCreateAsync(second, CancellationToken.None));
        Assert.False(await Store.TryReplaceAsync(second, second, CancellationToken.None));
        Assert.True(await Store.TryReplaceAsync(first, second, CancellationToken.None));

        var loaded = (await Store.LoadAsync(CancellationToken.None))!;
        Assert.Equal("two", loaded.MasterKeyId);
        Assert.Equal(second.WrappedKey, loaded.WrappedKey);
    }

    [Fact]
    public async Task What_one_instance_protects_another_one_opens_and_the_ring_is_sealed()
    {
        var root = RootKey.Create();
        var sealedBox = Instance(root).CreateProtector("cookie").Protect("hello");
        Assert.Equal("hello", Instance(root).CreateProtector("cookie").Unprotect(sealedBox));

        await using var context = database.Context();
        var xml = Assert.Single(context.Set<DataProtection.DataProtectionKeyRow>().Select(row => row.Xml));
        Assert.Contains("<sealed", xml, StringComparison.Ordinal);
        Assert.DoesNotContain("masterKey", xml, StringComparison.Ordinal);
    }

    private IDataProtectionProvider Instance(RootKey root) =>
        new ServiceCollection().AddLogging().AddSingleton(root).AddStorage(database.Options)
            .BuildServiceProvider().GetRequiredService<IDataProtectionProvider>();
}

public sealed class SqliteRootKeyTests(SqliteTestDatabase database) : RootKeyContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresRootKeyTests(PostgresTestDatabase database) : RootKeyContract(database), IClassFixture<PostgresTestDatabase>;
