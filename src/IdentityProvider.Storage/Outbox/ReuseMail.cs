using IdentityProvider.Accounts.Notifications;

namespace IdentityProvider.Storage.Outbox;

/// <summary>
/// The mail about a refresh token that came again, as a part of the statement or transaction that revokes. Only a verified address gets
/// it. The names are those of <see cref="OutgoingMail"/>.
/// </summary>
internal static class ReuseMail
{
    /// <summary>Reads a CTE <c>judged</c> with a <c>verdict</c>, <c>subject_id</c>, <c>client_id</c> and <c>now</c>.</summary>
    public static string Postgres { get; } = $"""
        INSERT INTO outbox (kind, payload, attempts, due_at, created_at, expires_at)
        SELECT '{OutgoingMail.Kind}',
            json_build_object('template', '{MailTemplates.TokenReused}', 'to', u."Email", 'culture', u."Culture", 'values', json_build_object(
                'username', u."UserName", 'client', coalesce(c.document::json ->> 'ClientName', j.client_id),
                'time', to_char(j.now AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))::text,
            0, j.now, j.now, j.now + interval '{OutgoingMail.UsualLifetime.TotalSeconds} seconds'
        FROM judged j JOIN "AspNetUsers" u ON u."Id" = j.subject_id LEFT JOIN clients c ON c.name = j.client_id
        WHERE j.verdict = 'ReuseDetected' AND u."EmailConfirmed" AND u."Email" IS NOT NULL
        """;

    /// <summary>For <c>$subject</c> and <c>$client</c>.</summary>
    public static string Sqlite { get; } = $"""
        INSERT INTO outbox (kind, payload, attempts, due_at, created_at, expires_at)
        SELECT '{OutgoingMail.Kind}',
            json_object('template', '{MailTemplates.TokenReused}', 'to', u."Email", 'culture', u."Culture", 'values', json_object(
                'username', u."UserName", 'client', coalesce(json_extract(c.document, '$.ClientName'), $client), 'time', $time)),
            0, $now, $now, $mailExpires
        FROM "AspNetUsers" u LEFT JOIN clients c ON c.name = $client
        WHERE u."Id" = $subject AND u."EmailConfirmed" AND u."Email" IS NOT NULL
        """;
}
