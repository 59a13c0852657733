using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace IdentityProvider.Storage;

/// <summary>Whether the database can be worked with.</summary>
/// <param name="Healthy">It can.</param>
/// <param name="Reason">What is wrong, for operators; without secrets.</param>
/// <param name="Skew">How far this machine's clock is ahead of the database's, if that is not the same one.</param>
public sealed record DatabaseHealth(bool Healthy, string? Reason = null, TimeSpan? Skew = null);

/// <summary>Looks whether the database answers and has our schema.</summary>
public sealed class DatabaseProbe
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(2);

    private readonly DbDataSource _database;
    private readonly TimeProvider _time;

    internal DatabaseProbe(DbDataSource database, TimeProvider time)
    {
        _database = database;
        _time = time;
    }

    /// <summary>Asks now, and waits two seconds at most.</summary>
    public async Task<DatabaseHealth> CheckAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_limit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            var remote = _database is NpgsqlDataSource;
            await using var command = _database.CreateCommand($"SELECT version, {(remote ? "clock_timestamp()" : "NULL")} FROM catalog_version");
            await using var reader = await command.ExecuteReaderAsync(either.Token);
            return !await reader.ReadAsync(either.Token)
                ? new DatabaseHealth(false, "The schema is incomplete.")
                : new DatabaseHealth(true, Skew: remote ? _time.GetUtcNow() - await reader.GetFieldValueAsync<DateTimeOffset>(1, either.Token) : null);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new DatabaseHealth(false, "The database does not answer in time.");
        }
        catch (Exception exception) when (StorageOutage.IsOutage(exception))
        {
            return new DatabaseHealth(false, "The database cannot be reached.");
        }
        catch (DbException exception) when (exception is SqliteException or PostgresException { SqlState: PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.UndefinedColumn })
        {
            return new DatabaseHealth(false, "The database does not have this version's schema: migrate it.");
        }
    }
}
