using IdentityProvider.Protocol.Events;
using IdentityProvider.Protocol.Grants;
using IdentityProvider.Storage.Outbox;

namespace IdentityProvider.Storage.Grants;

/// <summary>What the judging statement does when a used refresh token comes again: parts of that statement, so that all of it holds or none.</summary>
internal sealed partial class PostgresGrantStore
{
    /// <summary>
    /// The lock order is person, session, family. Whose they are never changes in a grant, so it may be read before the grant is locked.
    /// </summary>
    private static string LocksBeforeFamily(ReuseReaction onReuse) => onReuse switch
    {
        ReuseReaction.RevokeSession => """
            before AS MATERIALIZED (
                SELECT s.id FROM sessions s WHERE s.id = (SELECT session_id FROM grants WHERE id = $1) FOR NO KEY UPDATE),
            """,
        ReuseReaction.RevokeAll => """
            person AS MATERIALIZED (
                SELECT u."Id" AS id FROM "AspNetUsers" u WHERE u."Id" = (SELECT subject_id FROM grants WHERE id = $1) FOR NO KEY UPDATE),
            before AS MATERIALIZED (
                SELECT s.id FROM sessions s WHERE s.user_id = (SELECT id FROM person) AND s.ended_at IS NULL ORDER BY s.id FOR NO KEY UPDATE),
            """,
        _ => "",
    };

    /// <summary>Makes the lock of the family wait for the ones before it.</summary>
    private static string AfterThem(ReuseReaction onReuse) => onReuse == ReuseReaction.RevokeFamily ? "" : "AND (SELECT count(*) FROM before) >= 0";

    /// <summary>Read the CTE <c>judged</c>; the event and the mail are for one caller, since every later one finds the family dead.</summary>
    private static string Consequences(ReuseReaction onReuse) => $"""
        recorded AS (
            INSERT INTO security_events (type, occurred_at, subject_id, client_id, session_id, grant_id, network, user_agent)
            SELECT '{SecurityEventTypes.RefreshTokenReused}', j.now, j.subject_id, j.client_id, j.session_id, j.id, $9, $10
            FROM judged j WHERE j.verdict = 'ReuseDetected'),
        mailed AS ({ReuseMail.Postgres})
        {Endings(onReuse)}
        """;

    private static string Endings(ReuseReaction onReuse) => onReuse switch
    {
        ReuseReaction.RevokeSession => EndSessions("s.id = j.session_id"),
        ReuseReaction.RevokeAll => EndSessions("s.user_id = j.subject_id") + """
            , raised AS (
                UPDATE "AspNetUsers" u SET "Epoch" = u."Epoch" + 1,
                    "SecurityStamp" = gen_random_uuid()::text, "ConcurrencyStamp" = gen_random_uuid()::text
                FROM judged j WHERE j.verdict = 'ReuseDetected' AND u."Id" = j.subject_id)
            """,
        _ => "",
    };

    private static string EndSessions(string which) => $"""
        , ended AS (
            UPDATE sessions s SET ended_at = j.now, end_reason = '{SecurityEventTypes.RefreshTokenReused}'
            FROM judged j WHERE j.verdict = 'ReuseDetected' AND {which} AND s.ended_at IS NULL
            RETURNING s.id, s.user_id, s.clients, s.ended_at AS now),
        noted AS ({LogoutNotices.Postgres(expired: false)})
        """;
}
