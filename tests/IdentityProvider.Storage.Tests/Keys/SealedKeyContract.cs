using System.Buffers.Text;
using System.Data.Common;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Storage.Keys;
using IdentityProvider.Storage.Tests.Databases;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Xunit;

namespace IdentityProvider.Storage.Tests.Keys;

/// <summary>What is kept of signing keys: public parts as they are, private parts sealed under the root key.</summary>
public abstract class SealedKeyContract
{
    private const string Purpose = "signing-key";
    private const int Nonce = 12;

    protected abstract ISigningKeyStore Store { get; }

    /// <summary>Everything that the store keeps, value by value; what it encodes is decoded.</summary>
    protected abstract Task<IReadOnlyList<byte[]>> ReadStoredAsync();

    [Fact]
    public async Task Nothing_that_is_stored_holds_a_private_key_in_clear()
    {
        var root = RootKey.Create();
        var keys = await MakeAsync(root);
        var stored = await ReadStoredAsync();

        Assert.All(keys, key => Assert.Contains(stored, value => Contains(value, key.SealedPrivateKey)));
        foreach (var key in keys)
        {
            Assert.All(
                PrivateParts(key.Algorithm, root.Open(Purpose, key.SealedPrivateKey, key.KeyId)),
                part => Assert.DoesNotContain(stored, value => Contains(value, part)));
        }
    }

    [Fact]
    public async Task A_private_key_is_sealed_for_its_own_id_and_under_this_root_key()
    {
        var root = RootKey.Create();
        var keys = await MakeAsync(root);

        foreach (var key in keys)
        {
            Assert.All(keys.Where(other => other != key), other =>
            {
                Assert.NotEqual(key.SealedPrivateKey[..Nonce], other.SealedPrivateKey[..Nonce]);
                Assert.Throws<CryptographicException>(() => root.Open(Purpose, key.SealedPrivateKey, other.KeyId));
            });
            Assert.Throws<CryptographicException>(() => RootKey.Create().Open(Purpose, key.SealedPrivateKey, key.KeyId));
        }
    }

    /// <summary>Two keys of each algorithm, on a store that was empty.</summary>
    private async Task<IReadOnlyList<StoredSigningKey>> MakeAsync(RootKey root)
    {
        Assert.Empty(await Store.LoadAsync(CancellationToken.None));
        using var keys = new SigningKeys(
            Store, root, Options.Create(new KeyManagementOptions()), TimeProvider.System, NullLogger<SigningKeys>.Instance);
        await keys.MaintainAsync(CancellationToken.None);
        await keys.RotateAsync(now: true, CancellationToken.None);
        var stored = await Store.LoadAsync(CancellationToken.None);
        Assert.Equal(4, stored.Count);
        return stored;
    }

    /// <summary>The PKCS #8 and each parameter of a JWK that must stay private, as bytes and as a JWK writes them.</summary>
    private static IEnumerable<byte[]> PrivateParts(string algorithm, byte[] pkcs8)
    {
        var parts = new List<byte[]> { pkcs8 };
        if (algorithm == "RS256")
        {
            using var rsa = RSA.Create();
            rsa.ImportPkcs8PrivateKey(pkcs8, out _);
            var parameters = rsa.ExportParameters(includePrivateParameters: true);
            parts.AddRange([parameters.D!, parameters.P!, parameters.Q!, parameters.DP!, parameters.DQ!, parameters.InverseQ!]);
        }
        else
        {
            using var ecdsa = ECDsa.Create();
            ecdsa.ImportPkcs8PrivateKey(pkcs8, out _);
            parts.Add(ecdsa.ExportParameters(includePrivateParameters: true).D!);
        }

        return parts.SelectMany(part => (byte[][])
        [
            part, Encoding.ASCII.GetBytes(Base64Url.EncodeToString(part)), Encoding.ASCII.GetBytes(Convert.ToBase64String(part)),
        ]);
    }

    private static bool Contains(byte[] value, byte[] part) => value.AsSpan().IndexOf(part) >= 0;
}

public abstract class DatabaseSealedKeyContract(TestDatabase database) : SealedKeyContract, IAsyncLifetime
{
    protected override ISigningKeyStore Store => database.Get<ISigningKeyStore>();

    public async Task InitializeAsync()
    {
        await using var context = database.Context();
        await context.Set<SigningKeyRow>().ExecuteDeleteAsync();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    protected override async Task<IReadOnlyList<byte[]>> ReadStoredAsync()
    {
        await using var connection = await database.Get<DbDataSource>().OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT * FROM signing_keys";
        await using var reader = await command.ExecuteReaderAsync();
        var values = new List<byte[]>();
        while (await reader.ReadAsync())
        {
            values.AddRange(Enumerable.Range(0, reader.FieldCount).Select(column => reader.GetValue(column) is byte[] bytes
                ? bytes
                : Encoding.UTF8.GetBytes(FormattableString.Invariant($"{reader.GetValue(column)}"))));
        }

        return values;
    }
}

public sealed class SqliteSealedKeyTests(SqliteTestDatabase database) : DatabaseSealedKeyContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresSealedKeyTests(PostgresTestDatabase database) : DatabaseSealedKeyContract(database), IClassFixture<PostgresTestDatabase>;

public sealed class FileSealedKeyTests : SealedKeyContract, IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("idp-keys-");

    public void Dispose() => _directory.Delete(recursive: true);

    protected override ISigningKeyStore Store => new FileSigningKeyStore(_directory.FullName);

    protected override async Task<IReadOnlyList<byte[]>> ReadStoredAsync()
    {
        var values = new List<byte[]>();
        foreach (var path in Directory.GetFiles(_directory.FullName))
        {
            values.Add(await File.ReadAllBytesAsync(path));
            using var json = JsonDocument.Parse(values[^1]);
            values.AddRange(json.RootElement.EnumerateObject().Select(
                member => member.Value.ValueKind == JsonValueKind.String && member.Value.TryGetBytesFromBase64(out var bytes) ? bytes : []));
        }

        return values;
    }
}
