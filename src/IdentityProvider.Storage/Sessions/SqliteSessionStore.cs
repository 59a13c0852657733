using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Protocol.Outbox;
using IdentityProvider.Storage.Database;

namespace IdentityProvider.Storage.Sessions;

internal sealed class SqliteSessionStore(SqliteDataSource database, TimeProvider time, OutboxSignal outbox) : ISessionStore
{
    private const string Upsert = """
        INSERT INTO sessions (id, handle_hash, user_id, user_epoch, auth_time, acr, amr, persistent,
            idle_expires_at, absolute_expires_at, remote_address, user_agent, clients)
        SELECT $id, $hash, u."Id", u."Epoch", $authTime, $acr, $amr, $persistent, $idle, $absolute, $address, $userAgent, '[]'
        FROM "AspNetUsers" u WHERE u."Id" = $user AND u."Epoch" = $epoch AND u."DisabledAt" IS NULL
        ON CONFLICT (id) DO UPDATE SET handle_hash = excluded.handle_hash, previous_handle_hash = sessions.handle_hash, user_epoch = excluded.user_epoch, auth_time = excluded.auth_time,
            acr = excluded.acr, amr = excluded.amr, persistent = excluded.persistent, idle_expires_at = excluded.idle_expires_at,
            absolute_expires_at = excluded.absolute_expires_at, remote_address = excluded.remote_address, user_agent = excluded.user_agent
        WHERE sessions.ended_at IS NULL AND sessions.user_id = excluded.user_id
        """;

    private const string SelectLive = """
        SELECT s.id, s.user_id, u."UserName", s.user_epoch, s.auth_time, s.acr, s.amr, s.persistent, s.idle_expires_at, s.absolute_expires_at, u."DeleteAfter",
            u."MustEnrolSecondFactor" AND s.acr <> 'phr'
        FROM sessions s JOIN "AspNetUsers" u ON u."Id" = s.user_id AND u."Epoch" = s.user_epoch AND u."DisabledAt" IS NULL
        WHERE s.handle_hash = $hash AND s.ended_at IS NULL AND s.idle_expires_at > $now AND s.absolute_expires_at > $now
        """;

    private const string SelectIdle = """
        SELECT s.id, s.user_id, u."UserName", s.user_epoch
        FROM sessions s JOIN "AspNetUsers" u ON u."Id" = s.user_id AND u."Epoch" = s.user_epoch AND u."DisabledAt" IS NULL
        WHERE (s.handle_hash = $hash AND s.idle_expires_at <= $now OR s.previous_handle_hash = $hash) AND s.ended_at IS NULL AND s.absolute_expires_at > $now
        """;

    private const string SelectOfPerson = """
        SELECT s.id, s.auth_time, s.acr, s.persistent, s.idle_expires_at, s.absolute_expires_at, s.remote_address, s.user_agent, s.clients
        FROM sessions s JOIN "AspNetUsers" u ON u."Id" = s.user_id AND u."Epoch" = s.user_epoch AND u."DisabledAt" IS NULL
        WHERE s.user_id = $user AND s.ended_at IS NULL AND (s.idle_expires_at > $now OR s.clients <> '[]') AND s.absolute_expires_at > $now
        ORDER BY s.auth_time DESC, s.id
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
            ("$address", session.RemoteAddress), ("$userAgent", session.UserAgent), ("$authTime", now - session.Age));
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
            DeleteAfter = reader.GetTimeOrNull(10),
            MustEnrol = reader.GetBoolean(11),
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

    public Task<IdleSession?> FindIdleAsync(byte[] handleHash, CancellationToken cancellationToken)
    {
        using var connection = database.OpenConnection();
        using var command = connection.Command(SelectIdle, ("$hash", handleHash), ("$now", time.GetUtcNow()));
        using var reader = command.ExecuteReader();
        return Task.FromResult(!reader.Read() ? null : new IdleSession
        {
            Id = reader.GetGuid(0),
            UserId = reader.GetGuid(1),
            Username = reader.GetString(2),
            UserEpoch = reader.GetInt64(3),
        });
    }

    public Task<EndedUserSession?> EndByHandleAsync(byte[] handleHash, string reason) =>
        Task.FromResult(End("(s.handle_hash = $hash OR s.previous_handle_hash = $hash)", reason, ("$hash", handleHash)).SingleOrDefault());

    public Task<IReadOnlyList<string>?> EndAsync(Guid sessionId, string reason, Guid? userId = null) => Task.FromResult(
        End("s.id = $id AND ($user IS NULL OR s.user_id = $user)", reason, ("$id", sessionId), ("$user", userId)).SingleOrDefault()?.Clients);

    public Task<int> EndAllAsync(Guid userId, string reason, Guid? exceptSessionId = null) => Task.FromResult(
        End("s.user_id = $user AND s.id IS NOT $except", reason, ("$user", userId), ("$except", exceptSessionId)).Count);

    public Task<IReadOnlyList<SessionSummary>> ListAsync(Guid userId, CancellationToken cancellationToken)
    {
        using var connection = database.OpenConnection();
        using var command = connection.Command(SelectOfPerson, ("$user", userId), ("$now", time.GetUtcNow()));
        using var reader = command.ExecuteReader();
        var sessions = new List<SessionSummary>();
        while (reader.Read())
        {
            sessions.Add(new SessionSummary
            {
                Id = reader.GetGuid(0),
                AuthTime = reader.GetTime(1),
                Acr = reader.GetString(2),
                Persistent = reader.GetBoolean(3),
                IdleExpiresAt = reader.GetTime(4),
                ExpiresAt = reader.GetTime(5),
                RemoteAddress = reader.GetStringOrNull(6),
                UserAgent = reader.GetStringOrNull(7),
                Clients = reader.GetJsonStrings(8),
            });
        }

        return Task.FromResult<IReadOnlyList<SessionSummary>>(sessions);
    }

    private IReadOnlyList<EndedUserSession> End(string condition, string reason, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        using var connection = database.OpenConnection();
        using var transaction = connection.BeginTransaction(deferred: false);
        var ended = SessionEnds.End(connection, condition, reason, time.GetUtcNow(), parameters);
        transaction.Commit();
        if (ended.Any(session => session.Clients.Count > 0))
        {
            outbox.Set();
        }

        return ended;
    }

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;
}
