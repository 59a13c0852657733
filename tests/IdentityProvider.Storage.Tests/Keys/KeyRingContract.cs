using IdentityProvider.Protocol.Keys;
using IdentityProvider.Storage.DataProtection;
using IdentityProvider.Storage.Tests.Databases;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Storage.Tests.Keys;

public abstract class KeyRingContract(TestDatabase database)
{
    [Fact]
    public async Task What_one_instance_protects_another_one_opens_and_the_ring_is_sealed()
    {
        var root = RootKey.Create();
        var sealedBox = Instance(root).CreateProtector("cookie").Protect("hello");
        Assert.Equal("hello", Instance(root).CreateProtector("cookie").Unprotect(sealedBox));

        await using var context = database.Context();
        var xml = Assert.Single(context.Set<DataProtectionKeyRow>().Select(row => row.Xml));
        Assert.Contains("<sealed", xml, StringComparison.Ordinal);
        Assert.DoesNotContain("masterKey", xml, StringComparison.Ordinal);
    }

    private IDataProtectionProvider Instance(RootKey root) =>
        new ServiceCollection().AddLogging().AddSingleton(root).AddStorage(database.Options)
            .BuildServiceProvider().GetRequiredService<IDataProtectionProvider>();
}

public sealed class SqliteKeyRingTests(SqliteTestDatabase database) : KeyRingContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresKeyRingTests(PostgresTestDatabase database) : KeyRingContract(database), IClassFixture<PostgresTestDatabase>;
