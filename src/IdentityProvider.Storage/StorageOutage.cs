using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using Npgsql;
using SQLitePCL;

namespace IdentityProvider.Storage;

/// <summary>Tells an outage, which the caller answers with 503 and which a retry may heal, from a bug.</summary>
public static class StorageOutage
{
    /// <summary>Whether this exception, or one inside it (EF Core wraps them), means that the database is unavailable at present.</summary>
    public static bool IsOutage(Exception exception)
    {
        for (Exception? cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is PostgresException postgres ? IsOutage(postgres.SqlState)
                : cause is SqliteException sqlite ? IsOutage(sqlite.SqliteErrorCode)
                : cause is NpgsqlException && IsConnectionFailure(cause))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// PostgreSQL's appendix A: serialization failure, deadlock, lock time-out, read-only, no such database, connection, who may connect,
    /// resources, operator intervention. A password that was changed under the server is healed by its operator, not by its clients.
    /// </summary>
    private static bool IsOutage(string sqlState) =>
        sqlState is "40001" or "40P01" or "55P03" or "25006" or "3D000"
        || sqlState.StartsWith("08", StringComparison.Ordinal)
        || sqlState.StartsWith("28", StringComparison.Ordinal)
        || sqlState.StartsWith("53", StringComparison.Ordinal)
        || sqlState.StartsWith("57", StringComparison.Ordinal);

    private static bool IsOutage(int sqliteCode) =>
        sqliteCode is raw.SQLITE_BUSY or raw.SQLITE_LOCKED or raw.SQLITE_FULL or raw.SQLITE_IOERR or raw.SQLITE_CANTOPEN or raw.SQLITE_READONLY;

    /// <summary>What the driver itself reports: a broken or refused connection, a time-out, an exhausted pool.</summary>
    private static bool IsConnectionFailure(Exception exception) =>
        exception.InnerException is null or IOException or SocketException or TimeoutException;
}
