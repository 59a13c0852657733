using IdentityProvider.Bench.Load;
using IdentityProvider.Bench.Targets;
using Npgsql;

namespace IdentityProvider.Bench.Primitives;

/// <summary>A table with rows about as long as ours, and the two least statements on it: read a row by its key, and change one.</summary>
internal sealed class RowTable : IAsyncDisposable
{
    private const int RowsInUse = 20_000;
    private const int LeastRows = 10 * RowsInUse;

    private readonly NpgsqlDataSource _database;
    private readonly List<Guid> _ids;
    private int _next;

    private RowTable(NpgsqlDataSource database, List<Guid> ids) => (_database, _ids) = (database, ids);

    public static async Task CreateAsync(ThrowawayPostgres postgres, int rows)
    {
        await postgres.ExecuteAsync(
            $"""
            CREATE TABLE rows (id uuid PRIMARY KEY, n int NOT NULL, counter int NOT NULL, payload text NOT NULL, mark bytea) WITH (fillfactor = 60);
            INSERT INTO rows SELECT gen_random_uuid(), n, 0, repeat('x', 250), NULL FROM generate_series(1, {Math.Max(rows, LeastRows)}) n
            """);
        await postgres.ExecuteAsync("VACUUM ANALYZE");
        await postgres.ExecuteAsync("CHECKPOINT");
    }

    public static async Task<RowTable> OpenAsync(string connectionString)
    {
        var database = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { MaxAutoPrepare = 8, NoResetOnClose = true });
        var ids = new List<Guid>(RowsInUse);
        await using var command = database.CreateCommand($"SELECT id FROM rows ORDER BY id LIMIT {RowsInUse}");
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            ids.Add(reader.GetGuid(0));
        }

        return new RowTable(database, ids);
    }

    public async Task<string> ReadAsync()
    {
        await using var command = _database.CreateCommand("SELECT counter, payload FROM rows WHERE id = $1");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = NextId() });
        return await PayloadAsync(command);
    }

    public async Task<string> ChangeAsync()
    {
        await using var command = _database.CreateCommand("UPDATE rows SET counter = counter + 1, mark = $2 WHERE id = $1 RETURNING counter, payload");
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = NextId() });
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = new byte[64] });
        return await PayloadAsync(command);
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    private Guid NextId() => _ids[(int)((uint)Interlocked.Increment(ref _next) % (uint)_ids.Count)];

    private static async Task<string> PayloadAsync(NpgsqlCommand command)
    {
        await using var reader = await command.ExecuteReaderAsync();
        return await reader.ReadAsync() ? reader.GetString(1) : throw new UnexpectedReplyException("The row is gone.");
    }
}
