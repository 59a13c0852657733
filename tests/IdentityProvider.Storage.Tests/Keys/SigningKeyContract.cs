using System.Text;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Storage.Keys;
using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Storage.Tests.Grants;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Storage.Tests.Keys;

public abstract class SigningKeyContract
{
    /// <summary>A store on what the test class shares, as each instance of the server has one.</summary>
    protected abstract ISigningKeyStore NewStore();

    [Fact]
    public async Task A_key_comes_back_as_it_was_added()
    {
        var store = NewStore();
        var key = NewKey(1) with { RetiredAt = new DateTimeOffset(2031, 1, 1, 0, 0, 0, TimeSpan.Zero) };
        Assert.True(await store.TryAddAsync(key, CancellationToken.None));

        var found = await FindAsync(key);
        Assert.Equal(
            (key.Algorithm, key.Generation, key.CreatedAt, key.SignsFrom, key.RetiredAt),
            (found.Algorithm, found.Generation, found.CreatedAt, found.SignsFrom, found.RetiredAt));
        Assert.Equal(key.PublicKey, found.PublicKey);
        Assert.Equal(key.SealedPrivateKey, found.SealedPrivateKey);
    }

    [Fact]
    public async Task A_second_key_of_a_generation_is_refused_and_changes_nothing()
    {
        var first = NewKey(2);
        Assert.True(await NewStore().TryAddAsync(first, CancellationToken.None));
        Assert.False(await NewStore().TryAddAsync(NewKey(2), CancellationToken.None));
        Assert.True(await NewStore().TryAddAsync(NewKey(2) with { Algorithm = "RS256" }, CancellationToken.None));
        Assert.Equal(first.PublicKey, (await FindAsync(first)).PublicKey);
    }

    [Fact]
    public async Task Of_instances_that_add_one_generation_at_once_one_succeeds()
    {
        using var barrier = new Barrier(8);
        var results = new bool[8];
        var threads = Enumerable.Range(0, 8).Select(index => new Thread(() =>
        {
            var store = NewStore();
            barrier.SignalAndWait();
            results[index] = store.TryAddAsync(NewKey(3), CancellationToken.None).GetAwaiter().GetResult();
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());

        Assert.Single(results, added => added);
        Assert.Single(await NewStore().LoadAsync(CancellationToken.None), key => key is { Algorithm: "ES256", Generation: 3 });
    }

    [Fact]
    public async Task An_update_changes_start_retirement_and_private_key()
    {
        var key = NewKey(4);
        await NewStore().TryAddAsync(key, CancellationToken.None);
        var other = NewKey(5);
        await NewStore().TryAddAsync(other, CancellationToken.None);
        var retired = key with { SignsFrom = key.CreatedAt, RetiredAt = key.CreatedAt + TimeSpan.FromDays(3), SealedPrivateKey = [] };
        await NewStore().UpdateAsync(retired, CancellationToken.None);

        var found = await FindAsync(key);
        Assert.Equal((retired.SignsFrom, retired.RetiredAt), (found.SignsFrom, found.RetiredAt));
        Assert.Empty(found.SealedPrivateKey);
        Assert.Equal(other.SealedPrivateKey, (await FindAsync(other)).SealedPrivateKey);
    }

    [Fact]
    public async Task A_retired_key_stays_retired_whatever_somebody_with_an_older_copy_does()
    {
        var key = NewKey(6);
        await NewStore().TryAddAsync(key, CancellationToken.None);
        await NewStore().UpdateAsync(key with { RetiredAt = key.CreatedAt, SealedPrivateKey = [] }, CancellationToken.None);

        await NewStore().UpdateAsync(key with { SignsFrom = key.CreatedAt }, CancellationToken.None);

        var found = await FindAsync(key);
        Assert.Equal((key.SignsFrom, key.CreatedAt), (found.SignsFrom, found.RetiredAt));
        Assert.Empty(found.SealedPrivateKey);
    }

    private async Task<StoredSigningKey> FindAsync(StoredSigningKey key) =>
        (await NewStore().LoadAsync(CancellationToken.None)).Single(it => it.KeyId == key.KeyId);

    private static StoredSigningKey NewKey(int generation) => new()
    {
        KeyId = Scene.Id().ToString("N"),
        Algorithm = "ES256",
        Generation = generation,
        CreatedAt = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero),
        SignsFrom = new DateTimeOffset(2030, 1, 15, 0, 0, 0, TimeSpan.Zero),
        PublicKey = Scene.Bytes(),
        SealedPrivateKey = Scene.Bytes(),
    };
}

public sealed class SqliteSigningKeyTests(SqliteTestDatabase database) : SigningKeyContract, IClassFixture<SqliteTestDatabase>
{
    protected override ISigningKeyStore NewStore() => database.Get<ISigningKeyStore>();
}

public sealed class PostgresSigningKeyTests(PostgresTestDatabase database) : SigningKeyContract, IClassFixture<PostgresTestDatabase>
{
    protected override ISigningKeyStore NewStore() => database.Get<ISigningKeyStore>();
}

public sealed class FileSigningKeyTests : SigningKeyContract, IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("idp-keys-");

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task Files_are_for_their_owner_only_and_no_draft_is_left()
    {
        var store = NewStore();
        var key = (await AddAsync(store))!;
        Assert.False(await store.TryAddAsync(key, CancellationToken.None));
        await store.UpdateAsync(key, CancellationToken.None);

        var file = Assert.Single(Directory.GetFiles(KeyDirectory));
        Assert.Equal("signing-ES256-9.json", Path.GetFileName(file));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Fact]
    public async Task A_directory_that_does_not_exist_holds_no_keys()
    {
        Assert.Empty(await NewStore().LoadAsync(CancellationToken.None));
    }

    [Fact]
    public void A_directory_in_the_options_means_files()
    {
        var services = new ServiceCollection().AddLogging().AddStorage(new StorageOptions
        {
            Provider = DatabaseProvider.Sqlite,
            ConnectionString = "Data Source=unused.db",
            SigningKeyDirectory = KeyDirectory,
        });
        using var provider = services.BuildServiceProvider();
        Assert.IsType<FileSigningKeyStore>(provider.GetRequiredService<ISigningKeyStore>());
    }

    public void Dispose() => _directory.Delete(recursive: true);

    protected override ISigningKeyStore NewStore() => new FileSigningKeyStore(KeyDirectory);

    private string KeyDirectory => Path.Combine(_directory.FullName, "keys");

    private static async Task<StoredSigningKey?> AddAsync(ISigningKeyStore store)
    {
        var key = new StoredSigningKey
        {
            KeyId = "a",
            Algorithm = "ES256",
            Generation = 9,
            CreatedAt = Scene.Ago(TimeSpan.Zero),
            SignsFrom = Scene.Ago(TimeSpan.Zero),
            PublicKey = Encoding.UTF8.GetBytes("public"),
            SealedPrivateKey = Encoding.UTF8.GetBytes("sealed"),
        };
        return await store.TryAddAsync(key, CancellationToken.None) ? key : null;
    }
}
