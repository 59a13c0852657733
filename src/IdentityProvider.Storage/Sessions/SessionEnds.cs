using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Protocol.Logout;
using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Outbox;
using Microsoft.Data.Sqlite;

namespace IdentityProvider.Storage.Sessions;

/// <summary>
/// Ends the sessions <c>s</c> of a condition, and notes down who has to hear of it. What they gave needs no touch: coordinated grants and
/// their tokens are judged by the session at every use.
/// </summary>
internal static class SessionEnds
{
    /// <summary>
    /// One row per ended session: its clients, its id, its person; <c>$2</c> is the reason. The rows are locked in the order of their ids, so that two
    /// statements that end some of the same sessions cannot block each other, and a session is ended with the clients that have joined
    /// it by then.
    /// </summary>
    public static string Postgres(string condition) => $"""
        WITH due AS MATERIALIZED (
            SELECT s.id FROM sessions s WHERE s.ended_at IS NULL AND {condition} ORDER BY s.id FOR NO KEY UPDATE),
        ended AS (
            UPDATE sessions s SET ended_at = clock_timestamp(), end_reason = $2 FROM due WHERE s.id = due.id AND s.ended_at IS NULL
            RETURNING s.id, s.user_id, s.clients, s.ended_at AS now),
        noted AS ({LogoutNotices.Postgres(expired: false)})
        SELECT clients, id, user_id FROM ended
        """;

    /// <summary>The ended sessions. Part of a transaction that holds the write lock.</summary>
    public static IReadOnlyList<EndedUserSession> End(
        SqliteConnection connection, string condition, string reason, DateTimeOffset now, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        connection.Execute(
            LogoutNotices.Sqlite($"s.ended_at IS NULL AND {condition}", expired: false),
            [.. parameters, ("$now", now), ("$noticeExpires", now + LogoutNotice.Lifetime)]);
        using var command = connection.Command(
            $"UPDATE sessions AS s SET ended_at = $now, end_reason = $reason WHERE s.ended_at IS NULL AND {condition} RETURNING clients, id, user_id",
            [.. parameters, ("$now", now), ("$reason", reason)]);
        using var reader = command.ExecuteReader();
        var ended = new List<EndedUserSession>();
        while (reader.Read())
        {
            ended.Add(new EndedUserSession(reader.GetGuid(1), reader.GetGuid(2), reader.GetJsonStrings(0)));
        }

        return ended;
    }
}
