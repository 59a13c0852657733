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
            SELECT id, user_id, clients, ended_at FROM sessions WHERE absolute_expires_at < statement_timestamp() LIMIT $1 FOR UPDATE SKIP LOCKED),
        ended AS (SELECT id, user_id, clients, clock_timestamp() AS now FROM due WHERE ended_at IS NULL),
        noted AS ({LogoutNotices.Postgres(expired: true)})
        DELETE FROM sessions WHERE id = ANY (ARRAY(SELECT id FROM due))
        """;

    /// <summary>One batch; returns the number of sessions.</summary>
    public static async Task<int> DeleteAsync(DbConnection connection, int batch, DateTimeOffset now, CancellationToken cancellationToken)
    {
        if (connection is SqliteConnection sqlite)
        {
            return Delete(sqlite, batch, now);
        }

        await using var command = new NpgsqlCommand(s_postgres, (NpgsqlConnection)connection).Integer(batch);
        return await command.ExecuteNonQueryAsync(cancellationToken);
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
