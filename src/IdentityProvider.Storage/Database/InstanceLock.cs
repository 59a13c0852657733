using System.Data;
using System.Data.Common;
using Npgsql;

namespace IdentityProvider.Storage.Database;

/// <summary>
/// Work that one instance at a time does. On PostgreSQL an advisory lock of the connection, which goes with it when the instance dies; SQLite
/// has one instance.
/// </summary>
internal sealed class InstanceLock : IAsyncDisposable
{
    private readonly NpgsqlConnection? _connection;
    private readonly long _key;

    private InstanceLock(NpgsqlConnection? connection, long key) => (_connection, _key) = (connection, key);

    /// <summary>Null: another instance is about it.</summary>
    public static async Task<InstanceLock?> TryTakeAsync(DbConnection connection, long key) =>
        connection is not NpgsqlConnection postgres ? new InstanceLock(null, key)
        : await CallAsync(postgres, "pg_try_advisory_lock", key) ? new InstanceLock(postgres, key)
        : null;

    /// <summary>A connection that has broken has no lock any more; why it broke is the caller's to tell.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_connection is { FullState: ConnectionState.Open })
        {
            await CallAsync(_connection, "pg_advisory_unlock", _key);
        }
    }

    /// <summary>Not to be cancelled: whether the lock was taken would then be unknown, and the connection goes back to the pool.</summary>
    private static async Task<bool> CallAsync(NpgsqlConnection connection, string function, long key)
    {
        await using var command = new NpgsqlCommand($"SELECT {function}($1)", connection)
        {
            Parameters = { new NpgsqlParameter<long> { TypedValue = key } },
        };
        return (bool)(await command.ExecuteScalarAsync(CancellationToken.None))!;
    }
}
