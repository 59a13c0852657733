using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Protocol.Logout;
using IdentityProvider.Protocol.Outbox;
using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Outbox;
using Microsoft.Data.Sqlite;

namespace IdentityProvider.Storage.Sessions;

internal sealed class SqliteSessionStore(SqliteDataSource database, TimeProvider time, OutboxSignal outbox) : ISessionStore
{
    private const string Upsert = """
        INSERT INTO sessions (id, handle_hash, user_id, user_epoch, auth_time, acr, amr, persistent,
            idle_expires_at, absolute_expires_at, remote_address, user_agent, clients)
        SELECT $id, $hash, u."Id", u."Epoch", $now, $acr, $amr, $persistent, $idle, $absolute, $address, $userAgent, '[]'
        FROM "AspNetUsers" u WHERE u."Id" = $user AND u."Epoch" = $epoch AND u."DisabledAt" IS NULL
        ON CONFLICT (id) DO UPDATE SET handle_hash = excluded.handle_hash, user_epoch = excluded.user_epoch, auth_time = excluded.auth_time,
            acr = excluded.acr, amr = excluded.amr, persistent = excluded.persistent, idle_expires_at = excluded.idle_expires_at,
            absolute_expires_at = excluded.absolute_expires_at, remote_address = excluded.remote_address, user_agent = excluded.user_agent
        WHERE sessions.ended_at IS NULL AND sessions.user_id = excluded.user_id
        """;

    private const string SelectLive = """
        SELECT s.id, s.user_id, u."UserName", s.user_epoch, s.auth_time, s.acr, s.amr, s.persistent, s.idle_expires_at, s.absolute_expires_at
        FROM sessions s JOIN "AspNetUsers" u ON u."Id" = s.user_id AND u."Epoch" = s.user_epoch AND u."DisabledAt" IS NULL
        WHERE s.handle_hash = $hash AND s.ended_at IS NULL AND s.idle_expires_at > $now AND s.absolute_expires_at > $now
        """;

    public Task<bool> SaveAsync(NewSession session)
    {
        var now = time.GetUtcNow();
        var absolute = now + session.AbsoluteLifetime;
        using var connection = database.OpenConnection();
        var rows = connection.Execute(
            Upsert,
            ("$id", session.Id), ("$hash", session.HandleHash), ("$user", session.UserId), ("$epoch", session.UserEpoch),
            ("$acr", session.Acr), ("$amr", session.Amr), ("$persistent", session.Persistent),
            ("$idle", Earlier(now + session.IdleLifetime, absolute)), ("$absolute", absolute),
            ("$address", session.RemoteAddress), ("$userAgent", session.UserAgent), ("$now", now));
        return Task.FromResult(rows == 1);
    }

    public Task<UserSession?> FindAsync(byte[] handleHash, TimeSpan idleLifetime, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        using var connection = database.OpenConnection();
        using var command = connection.Command(SelectLive, ("$hash", handleHash), ("$now", now));
        using var reader = command.ExecuteReader();
        if (!reader.Read())
        {
            return Task.FromResult<UserSession?>(null);
        }

        var idle = reader.GetTime(8);
        var session = new UserSession
        {
            Id = reader.GetGuid(0),
            UserId = reader.GetGuid(1),
            Username = reader.GetString(2),
            UserEpoch = reader.GetInt64(3),
            AuthTime = reader.GetTime(4),
            Acr = reader.GetString(5),
            Amr = reader.GetJsonStrings(6),
            Persistent = reader.GetBoolean(7),
            ExpiresAt = reader.GetTime(9),
            Now = now,
        };
        reader.Close();

        if (idle - now < idleLifetime / 2 && idle < session.ExpiresAt)
        {
            connection.Execute(
                "UPDATE sessions SET idle_expires_at = $idle WHERE id = $id",
                ("$id", session.Id), ("$idle", Earlier(now + idleLifetime, session.ExpiresAt)));
        }

        return Task.FromResult<UserSession?>(session);
    }

    public Task<IReadOnlyList<string>?> EndAsync(Guid sessionId, string reason)
    {
        var now = time.GetUtcNow();
        using var connection = database.OpenConnection();
        using var transaction = connection.BeginTransaction(deferred: false);
        connection.Execute(
            LogoutNotices.Sqlite("s.id = $id AND s.ended_at IS NULL", expired: false),
            ("$id", sessionId), ("$now", now), ("$noticeExpires", now + LogoutNotice.Lifetime));
        var clients = End(connection, sessionId, reason, now);
        transaction.Commit();
        if (clients is { Length: > 0 })
        {
            outbox.Set();
        }

        return Task.FromResult<IReadOnlyList<string>?>(clients);
    }

    private static string[]? End(SqliteConnection connection, Guid sessionId, string reason, DateTimeOffset now)
    {
        using var command = connection.Command(
            "UPDATE sessions SET ended_at = $now, end_reason = $reason WHERE id = $id AND ended_at IS NULL RETURNING clients",
            ("$id", sessionId), ("$reason", reason), ("$now", now));
        using var reader = command.ExecuteReader();
        return reader.Read() ? reader.GetJsonStrings(0) : null;
    }

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;
}
