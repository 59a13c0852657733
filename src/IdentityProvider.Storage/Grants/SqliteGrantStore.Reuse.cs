using System.Globalization;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Protocol.Events;
using IdentityProvider.Protocol.Grants;
using IdentityProvider.Protocol.Logout;
using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Outbox;
using IdentityProvider.Storage.Users;
using Microsoft.Data.Sqlite;

namespace IdentityProvider.Storage.Grants;

/// <summary>What follows when a used refresh token comes again, in the transaction that has judged it.</summary>
internal sealed partial class SqliteGrantStore
{
    private const string InsertEvent = """
        INSERT INTO security_events (type, occurred_at, subject_id, client_id, session_id, grant_id, network, user_agent)
        VALUES ($type, $now, $subject, $client, $session, $grant, $network, $userAgent)
        """;

    private static void RecordReuse(SqliteConnection connection, Grant grant, RefreshPresentation presented, DateTimeOffset now)
    {
        connection.Execute(
            "UPDATE grants SET revoked_at = $now, revoked_reason = $reason WHERE id = $id",
            ("$id", grant.Id), ("$reason", SecurityEventTypes.RefreshTokenReused), ("$now", now));
        connection.Execute(
            InsertEvent,
            ("$type", SecurityEventTypes.RefreshTokenReused), ("$now", now), ("$subject", grant.SubjectId), ("$client", grant.ClientId),
            ("$session", grant.SessionId), ("$grant", grant.Id), ("$network", presented.Network), ("$userAgent", presented.UserAgent));
        connection.Execute(
            ReuseMail.Sqlite,
            ("$subject", grant.SubjectId), ("$client", grant.ClientId), ("$time", now.ToString("u", CultureInfo.InvariantCulture)),
            ("$now", now), ("$mailExpires", now + OutgoingMail.UsualLifetime));

        if (presented.OnReuse == ReuseReaction.RevokeSession)
        {
            EndSessions(connection, "s.id = $key", grant.SessionId, now);
        }
        else if (presented.OnReuse == ReuseReaction.RevokeAll)
        {
            EndSessions(connection, "s.user_id = $key", grant.SubjectId, now);
            var stamps = Stamps.New();
            connection.Execute(
                """UPDATE "AspNetUsers" SET "Epoch" = "Epoch" + 1, "SecurityStamp" = $security, "ConcurrencyStamp" = $concurrency WHERE "Id" = $key""",
                ("$key", grant.SubjectId), ("$security", stamps.Security), ("$concurrency", stamps.Concurrency));
        }
    }

    private static void EndSessions(SqliteConnection connection, string which, Guid key, DateTimeOffset now)
    {
        var live = $"{which} AND s.ended_at IS NULL";
        connection.Execute(
            LogoutNotices.Sqlite(live, expired: false), ("$key", key), ("$now", now), ("$noticeExpires", now + LogoutNotice.Lifetime));
        connection.Execute(
            $"UPDATE sessions AS s SET ended_at = $now, end_reason = $reason WHERE {live}",
            ("$key", key), ("$reason", SecurityEventTypes.RefreshTokenReused), ("$now", now));
    }
}
