using System.Globalization;
using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Storage.Tests.SystemTests;
using Npgsql;
using Xunit;
using Xunit.Abstractions;

namespace IdentityProvider.Storage.Tests.Grants;

/// <summary>
/// What a rotation costs PostgreSQL in writing. A HOT update touches no index, and leaves nothing that a vacuum has to find. On a server
/// of its own: the log counts everybody's bytes, and other tests' transactions keep dead rows from being pruned.
/// </summary>
public sealed class RotationCostTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Families = 200;
    private const int Rotations = 5;
    private const string WalPosition = "SELECT pg_current_wal_insert_lsn() - '0/0'";

    private PostgresCluster _cluster = null!;
    private PostgresTestDatabase _database = null!;

    public async Task InitializeAsync()
    {
        _cluster = await PostgresCluster.StartAsync();
        _database = PostgresTestDatabase.On(_cluster.ConnectionString);
        await _database.InitializeAsync();
    }

    public async Task DisposeAsync()
    {
        await _database.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Fact]
    public async Task Every_rotation_is_a_HOT_update_of_less_than_a_kilobyte_of_WAL()
    {
        var scene = await Scene.CreateAsync(_database);
        var tokens = await Task.WhenAll(Enumerable.Range(0, Families).Select(_ => scene.FamilyAsync()));
        var before = await UpdatesAsync();
        var sizeBefore = await ScalarAsync<long>("SELECT pg_table_size('grants')");
        var start = await ScalarAsync<decimal>(WalPosition);
        for (var rotation = 0; rotation < Rotations; rotation++)
        {
            for (var i = 0; i < tokens.Length; i++)
            {
                tokens[i] = await scene.RotateAsync(tokens[i]);
            }
        }

        var wal = (await ScalarAsync<decimal>(WalPosition) - start) / (Families * Rotations);
        var after = await UpdatesAsync();
        var growth = await ScalarAsync<long>("SELECT pg_table_size('grants')") / (double)sizeBefore;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{wal:F0} bytes of WAL per rotation, {100.0 * (after.Hot - before.Hot) / (after.All - before.All):F1} % HOT, table {growth:F2} times its size"));
        Assert.Equal(Families * Rotations, after.All - before.All);
        Assert.Equal(after.All - before.All, after.Hot - before.Hot);
        Assert.InRange(wal, 1, 1024);
        Assert.InRange(growth, 1, 1.5);
    }

    /// <summary>A backend reports what it has counted when it ends at the latest.</summary>
    private async Task<(long All, long Hot)> UpdatesAsync()
    {
        _database.Get<NpgsqlDataSource>().Clear();
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (await ScalarAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'") > 1)
        {
            await Task.Delay(10, limit.Token);
        }

        await using var command = _database.Get<NpgsqlDataSource>().CreateCommand(
            "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'grants'");
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        return (reader.GetInt64(0), reader.GetInt64(1));
    }

    private async Task<T> ScalarAsync<T>(string sql)
    {
        await using var command = _database.Get<NpgsqlDataSource>().CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync())!;
    }
}
