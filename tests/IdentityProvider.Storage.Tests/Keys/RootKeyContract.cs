using IdentityProvider.Protocol.Keys;
using IdentityProvider.Storage.Keys;
using IdentityProvider.Storage.Tests.Databases;
using Xunit;

namespace IdentityProvider.Storage.Tests.Keys;

public abstract class RootKeyContract
{
    protected abstract IRootKeyStore Store { get; }

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
}

public sealed class SqliteRootKeyTests(SqliteTestDatabase database) : RootKeyContract, IClassFixture<SqliteTestDatabase>
{
    protected override IRootKeyStore Store => database.Get<IRootKeyStore>();
}

public sealed class PostgresRootKeyTests(PostgresTestDatabase database) : RootKeyContract, IClassFixture<PostgresTestDatabase>
{
    protected override IRootKeyStore Store => database.Get<IRootKeyStore>();
}

public sealed class FileRootKeyTests : RootKeyContract, IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("idp-root-key-");

    public void Dispose() => _directory.Delete(recursive: true);

    protected override IRootKeyStore Store => new FileRootKeyStore(Path.Combine(_directory.FullName, "keys"));
}
