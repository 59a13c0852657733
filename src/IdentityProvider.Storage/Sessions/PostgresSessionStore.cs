using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Protocol.Outbox;
using IdentityProvider.Storage.Database;
using Npgsql;

namespace IdentityProvider.Storage.Sessions;

internal sealed class PostgresSessionStore(NpgsqlDataSource database, OutboxSignal outbox) : ISessionStore
{
    /// <summary>
    /// The person's row is locked against change: a change of their epoch either is seen here, or finds this session, with its clients.
    /// </summary>
    private const string Upsert = """
        INSERT INTO sessions (id, handle_hash, user_id, user_epoch, auth_time, acr, amr, persistent,
            idle_expires_at, absolute_expires_at, remote_address, user_agent, clients)
        SELECT $1, $2, u."Id", u."Epoch", t.now - $12, $5, $6, $7, least(t.now + $8, t.now + $9), t.now + $9, $10, $11, '{}'
        FROM "AspNetUsers" u CROSS JOIN (SELECT clock_timestamp() AS now) t
        WHERE u."Id" = $3 AND u."Epoch" = $4 AND u."DisabledAt" IS NULL
        FOR SHARE OF u
        ON CONFLICT (id) DO UPDATE SET handle_hash = excluded.handle_hash, previous_handle_hash = sessions.handle_hash, user_epoch = excluded.user_epoch, auth_time = excluded.auth_time,
            acr = excluded.acr, amr = excluded.amr, persistent = excluded.persistent, idle_expires_at = excluded.idle_expires_at,
            absolute_expires_at = excluded.absolute_expires_at, remote_address = excluded.remote_address, user_agent = excluded.user_agent
        WHERE sessions.ended_at IS NULL AND sessions.user_id = excluded.user_id
        """;

    private const string Find = """
        WITH live AS MATERIALIZED (
            SELECT s.id, s.user_id, u."UserName", s.user_epoch, s.auth_time, s.acr, s.amr, s.persistent, s.idle_expires_at, s.absolute_expires_at, t.now, u."DeleteAfter",
                u."MustEnrolSecondFactor" AND s.acr <> 'phr'
            FROM sessions s
            CROSS JOIN (SELECT clock_timestamp() AS now) t
            JOIN "AspNetUsers" u ON u."Id" = s.user_id AND u."Epoch" = s.user_epoch AND u."DisabledAt" IS NULL
            WHERE s.handle_hash = $1 AND s.ended_at IS NULL AND s.idle_expires_at > t.now AND s.absolute_expires_at > t.now),
        extended AS (
            UPDATE sessions s SET idle_expires_at = least(l.now + $2, s.absolute_expires_at)
            FROM live l WHERE s.id = l.id AND l.idle_expires_at - l.now < $2 / 2 AND l.idle_expires_at < l.absolute_expires_at)
        SELECT * FROM live
        """;

    private const string FindIdle = """
        SELECT s.id, s.user_id, u."UserName", s.user_epoch
        FROM sessions s
        CROSS JOIN (SELECT clock_timestamp() AS now) t
        JOIN "AspNetUsers" u ON u."Id" = s.user_id AND u."Epoch" = s.user_epoch AND u."DisabledAt" IS NULL
        WHERE (s.handle_hash = $1 AND s.idle_expires_at <= t.now OR s.previous_handle_hash = $1) AND s.ended_at IS NULL AND s.absolute_expires_at > t.now
        """;

    private const string List = """
        SELECT s.id, s.auth_time, s.acr, s.persistent, s.idle_expires_at, s.absolute_expires_at, s.remote_address, s.user_agent, s.clients
        FROM sessions s
        CROSS JOIN (SELECT clock_timestamp() AS now) t
        JOIN "AspNetUsers" u ON u."Id" = s.user_id AND u."Epoch" = s.user_epoch AND u."DisabledAt" IS NULL
        WHERE s.user_id = $1 AND s.ended_at IS NULL AND (s.idle_expires_at > t.now OR s.clients <> '{}') AND s.absolute_expires_at > t.now
        ORDER BY s.auth_time DESC, s.id
        """;

    private static readonly string End = SessionEnds.Postgres("s.id = $1 AND ($3 IS NULL OR s.user_id = $3)");

    private static readonly string EndByHandle = SessionEnds.Postgres("(s.handle_hash = $1 OR s.previous_handle_hash = $1)");

    private static readonly string EndAll = SessionEnds.Postgres("s.user_id = $1 AND s.id IS DISTINCT FROM $3");

    public async Task<bool> SaveAsync(NewSession session)
    {
        await using var command = database.CreateCommand(Upsert);
        return await command
            .Uuid(session.Id).Bytes(session.HandleHash).Uuid(session.UserId).Bigint(session.UserEpoch)
            .Text(session.Acr).Texts(session.Amr).Boolean(session.Persistent)
            .Interval(session.IdleLifetime).Interval(session.AbsoluteLifetime)
            .Text(session.RemoteAddress).Text(session.UserAgent).Interval(session.Age)
            .ExecuteNonQueryAsync() == 1;
    }

    public async Task<UserSession?> FindAsync(byte[] handleHash, TimeSpan idleLifetime, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Find);
        await using var reader = await command.Bytes(handleHash).Interval(idleLifetime).ExecuteReaderAsync(cancellationToken);
        return !await reader.ReadAsync(cancellationToken) ? null : new UserSession
        {
            Id = reader.GetGuid(0),
            UserId = reader.GetGuid(1),
            Username = reader.GetString(2),
            UserEpoch = reader.GetInt64(3),
            AuthTime = reader.GetFieldValue<DateTimeOffset>(4),
            Acr = reader.GetString(5),
            Amr = reader.GetFieldValue<string[]>(6),
            Persistent = reader.GetBoolean(7),
            ExpiresAt = reader.GetFieldValue<DateTimeOffset>(9),
            Now = reader.GetFieldValue<DateTimeOffset>(10),
            DeleteAfter = reader.IsDBNull(11) ? null : reader.GetFieldValue<DateTimeOffset>(11),
            MustEnrol = reader.GetBoolean(12),
        };
    }

    public async Task<IdleSession?> FindIdleAsync(byte[] handleHash, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(FindIdle);
        await using var reader = await command.Bytes(handleHash).ExecuteReaderAsync(cancellationToken);
        return !await reader.ReadAsync(cancellationToken) ? null : new IdleSession
        {
            Id = reader.GetGuid(0),
            UserId = reader.GetGuid(1),
            Username = reader.GetString(2),
            UserEpoch = reader.GetInt64(3),
        };
    }

    public async Task<EndedUserSession?> EndByHandleAsync(byte[] handleHash, string reason)
    {
        await using var command = database.CreateCommand(EndByHandle);
        return (await EndAsync(command.Bytes(handleHash).Text(reason))).SingleOrDefault();
    }

    public async Task<IReadOnlyList<string>?> EndAsync(Guid sessionId, string reason, Guid? userId = null)
    {
        await using var command = database.CreateCommand(End);
        return (await EndAsync(command.Uuid(sessionId).Text(reason).Uuid(userId))).SingleOrDefault()?.Clients;
    }

    public async Task<int> EndAllAsync(Guid userId, string reason, Guid? exceptSessionId = null)
    {
        await using var command = database.CreateCommand(EndAll);
        return (await EndAsync(command.Uuid(userId).Text(reason).Uuid(exceptSessionId))).Count;
    }

    public async Task<IReadOnlyList<SessionSummary>> ListAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(List);
        await using var reader = await command.Uuid(userId).ExecuteReaderAsync(cancellationToken);
        var sessions = new List<SessionSummary>();
        while (await reader.ReadAsync(cancellationToken))
        {
            sessions.Add(new SessionSummary
            {
                Id = reader.GetGuid(0),
                AuthTime = reader.GetFieldValue<DateTimeOffset>(1),
                Acr = reader.GetString(2),
                Persistent = reader.GetBoolean(3),
                IdleExpiresAt = reader.GetFieldValue<DateTimeOffset>(4),
                ExpiresAt = reader.GetFieldValue<DateTimeOffset>(5),
                RemoteAddress = reader.GetStringOrNull(6),
                UserAgent = reader.GetStringOrNull(7),
                Clients = reader.GetFieldValue<string[]>(8),
            });
        }

        return sessions;
    }

    private async Task<IReadOnlyList<EndedUserSession>> EndAsync(NpgsqlCommand command)
    {
        await using var reader = await command.ExecuteReaderAsync();
        var ended = new List<EndedUserSession>();
        while (await reader.ReadAsync())
        {
            ended.Add(new EndedUserSession(reader.GetGuid(1), reader.GetGuid(2), reader.GetFieldValue<string[]>(0)));
        }

        if (ended.Exists(session => session.Clients.Count > 0))
        {
            outbox.Set();
        }

        return ended;
    }
}
