using System.Data.Common;
using IdentityProvider.Protocol.Logout;
using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Outbox;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace IdentityProvider.Storage.Sessions;

/// <summary>Deletes sessions whose longest life is over. Those that nobody has ended are noted down for their clients.</summary>
internal static class ExpiredSessions
{
    private const string SqliteDue = "s.id IN (SELECT id FROM sessions WHERE absolute_expires_at < $now ORDER BY absolute_expires_at, id LIMIT $batch)";

    private static readonly string s_postgres = $"""
        WITH due AS MATERIALIZED (
            SELECT id, user_id, clients, ended_at, absolute_expires_at FROM sessions
            WHERE absolute_expires_at >= $1 AND absolute_expires_at < statement_timestamp() ORDER BY absolute_expires_at LIMIT $2 FOR UPDATE SKIP LOCKED),
        ended AS (SELECT id, user_id, clients, clock_timestamp() AS now FROM due WHERE ended_at IS NULL),
        noted AS ({LogoutNotices.Postgres(expired: true)}),
        gone AS (DELETE FROM sessions WHERE id = ANY (ARRAY(SELECT id FROM due)))
        SELECT count(*)::int, max(absolute_expires_at) FROM due
        """;

    /// <summary>One batch.</summary>
    public static async Task<DeletedRows> DeleteAsync(
        DbConnection connection, DateTimeOffset from, int batch, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (connection is SqliteConnection sqlite)
        {
            return new DeletedRows(Delete(sqlite, batch, now), DateTimeOffset.UnixEpoch);
        }

        await using var command = new NpgsqlCommand(s_postgres, (NpgsqlConnection)connection).Time(from).Integer(batch);
        return await DeletedRows.ReadAsync(command, cancellationToken);
    }

    private static int Delete(SqliteConnection connection, int batch, DateTimeOffset now)
    {
        using var transaction = connection.BeginTransaction(deferred: false);
        connection.Execute(
            LogoutNotices.Sqlite($"{SqliteDue} AND s.ended_at IS NULL", expired: true),
            ("$now", now), ("$batch", batch), ("$noticeExpires", now + LogoutNotice.Lifetime));
        var deleted = connection.Execute($"DELETE FROM sessions AS s WHERE {SqliteDue}", ("$now", now), ("$batch", batch));
        transaction.Commit();
        return deleted;
    }
}
