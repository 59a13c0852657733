using IdentityProvider.Accounts.Notifications;

namespace IdentityProvider.Storage.Events;

/// <summary>
/// What tells of a change, as statements of the transaction that makes it. On PostgreSQL all of a batch runs, so they hold on to the stamp
/// that the change has written: a change that did not apply tells nothing. The names are those of <see cref="OutgoingMail"/>.
/// </summary>
internal static class NoticeSql
{
    /// <summary>$1 person, $2 concurrency stamp, $3 type, $4 session, $5 network, $6 user agent, $7 address, $8 detail.</summary>
    public const string PostgresEvent = """
        INSERT INTO security_events (type, occurred_at, subject_id, session_id, network, user_agent, remote_address, detail)
        SELECT $3, clock_timestamp(), u."Id", $4, $5, $6, $7, $8 FROM "AspNetUsers" u WHERE u."Id" = $1 AND u."ConcurrencyStamp" = $2
        """;

    /// <summary>$1 person, $2 concurrency stamp, $3 template, $4 address, $5 further values as JSON.</summary>
    public static string PostgresMail { get; } = $"""
        INSERT INTO outbox (kind, payload, attempts, due_at, created_at, expires_at)
        SELECT '{OutgoingMail.Kind}',
            json_build_object('template', $3::text, 'to', u."Email", 'culture', u."Culture", 'values', jsonb_build_object(
                'username', u."UserName", 'address', $4::text,
                'time', to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) || $5::jsonb)::text,
            0, clock_timestamp(), clock_timestamp(), clock_timestamp() + interval '{OutgoingMail.UsualLifetime.TotalSeconds} seconds'
        FROM "AspNetUsers" u WHERE u."Id" = $1 AND u."ConcurrencyStamp" = $2 AND u."EmailConfirmed" AND u."Email" IS NOT NULL
        """;

    public const string SqliteEvent = """
        INSERT INTO security_events (type, occurred_at, subject_id, session_id, network, user_agent, remote_address, detail)
        VALUES ($type, $now, $user, $session, $network, $agent, $address, $detail)
        """;

    public const string SqliteMail = $"""
        INSERT INTO outbox (kind, payload, attempts, due_at, created_at, expires_at)
        SELECT '{OutgoingMail.Kind}',
            json_object('template', $template, 'to', u."Email", 'culture', u."Culture", 'values', json_patch(
                json_object('username', u."UserName", 'address', $address, 'time', $time), $values)),
            0, $now, $now, $expires
        FROM "AspNetUsers" u WHERE u."Id" = $user AND u."EmailConfirmed" AND u."Email" IS NOT NULL
        """;
}
