using IdentityProvider.Protocol.Grants;
using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Users;

namespace IdentityProvider.Storage.Grants;

internal sealed partial class PostgresGrantStore
{
    /// <summary>
    /// The row is locked first, by its key alone, so that a waiter judges it as the winner left it; the clock is read after the wait. The
    /// arms of the verdict stand in the order of <see cref="RefreshDecision"/>. One UPDATE serves all verdicts that change something: an
    /// UPDATE costs its start-up even where it finds no row. Whatever is changed was alive, so nothing is un-revoked.
    /// </summary>
    private static readonly string Refresh = $"""
        WITH locked AS MATERIALIZED (
            SELECT * FROM grants WHERE id = $1 FOR NO KEY UPDATE),
        timed AS MATERIALIZED (
            SELECT l.*, clock_timestamp() AS now FROM (SELECT 1) one LEFT JOIN locked l ON TRUE),
        judged AS MATERIALIZED (
            SELECT g.*,
                g.retries_since IS NULL OR t.now - g.retries_since >= interval '24 hours' AS counts_anew,
                CASE
                    WHEN g.id IS NULL THEN 'Unknown'
                    WHEN g.client_id <> $2 THEN 'WrongClient'
                    WHEN $3 > g.generation
                        OR ($3 = g.generation AND g.secret_hash IS DISTINCT FROM $4)
                        OR ($3 = g.generation - 1 AND g.previous_hash IS DISTINCT FROM $4) THEN 'Unknown'
                    WHEN NOT {Liveness.OfGrant} OR g.idle_expires_at <= t.now OR g.absolute_expires_at <= t.now THEN 'Dead'
                    WHEN NOT $5 <@ g.scopes THEN 'InvalidScope'
                    WHEN NOT $6 <@ g.resources THEN 'InvalidTarget'
                    WHEN $3 = g.generation THEN CASE WHEN $7 THEN 'Rotated' ELSE 'Reused' END
                    WHEN $3 < g.generation - 1 OR g.sealed_successor IS NULL THEN
                        CASE WHEN t.now - g.rotated_at < $8 THEN 'Stale' ELSE 'ReuseDetected' END
                    WHEN t.now - g.rotated_at < $8 THEN
                        CASE
                            WHEN g.network = $9 AND g.user_agent = $10 THEN 'Retried'
                            WHEN g.retries_since IS NULL OR t.now - g.retries_since >= interval '24 hours' OR g.retries < 3 THEN 'RetriedElsewhere'
                            ELSE 'ReuseDetected'
                        END
                    WHEN $11 AND NOT g.late_retry_used AND t.now - g.rotated_at < $12 THEN 'RetriedLate'
                    ELSE 'LateUnbound'
                END AS verdict
            FROM timed g CROSS JOIN LATERAL (SELECT g.now) t
            {Liveness.Joins}),
        changed AS (
            UPDATE grants g SET
                generation = CASE WHEN j.verdict = 'Rotated' THEN g.generation + 1 ELSE g.generation END,
                previous_hash = CASE WHEN j.verdict = 'Rotated' THEN g.secret_hash ELSE g.previous_hash END,
                secret_hash = CASE WHEN j.verdict = 'Rotated' THEN $13 ELSE g.secret_hash END,
                rotated_at = CASE WHEN j.verdict = 'Rotated' THEN j.now ELSE g.rotated_at END,
                sealed_successor = CASE j.verdict WHEN 'Rotated' THEN $14 WHEN 'Reused' THEN NULL ELSE g.sealed_successor END,
                network = CASE WHEN j.verdict = 'Rotated' THEN $9 ELSE g.network END,
                user_agent = CASE WHEN j.verdict = 'Rotated' THEN $10 ELSE g.user_agent END,
                late_retry_used = CASE j.verdict WHEN 'Rotated' THEN FALSE WHEN 'RetriedLate' THEN TRUE ELSE g.late_retry_used END,
                idle_expires_at = CASE WHEN j.verdict IN ('Rotated', 'Reused') AND $15 IS NOT NULL
                    THEN least(j.now + $15, g.absolute_expires_at) ELSE g.idle_expires_at END,
                retries = CASE WHEN j.verdict <> 'RetriedElsewhere' THEN g.retries WHEN j.counts_anew THEN 1 ELSE g.retries + 1 END,
                retries_since = CASE WHEN j.verdict = 'RetriedElsewhere' AND j.counts_anew THEN j.now ELSE g.retries_since END,
                revoked_at = CASE WHEN j.verdict = 'ReuseDetected' THEN j.now END,
                revoked_reason = CASE WHEN j.verdict = 'ReuseDetected' THEN 'refresh_token_reused' END
            FROM judged j
            WHERE g.id = $1 AND j.verdict IN ('Rotated', 'Reused', 'RetriedElsewhere', 'RetriedLate', 'ReuseDetected'))
        SELECT g.verdict, g.now, g.sealed_successor, {GrantColumns}, {SubjectSql.PostgresColumns("$16 OR g.claims_request IS NOT NULL")}
        FROM judged g LEFT JOIN "AspNetUsers" u
            ON u."Id" = g.subject_id AND g.verdict IN ('Rotated', 'Reused', 'Retried', 'RetriedElsewhere', 'RetriedLate')
        """;

    public async Task<RefreshOutcome> RefreshAsync(RefreshPresentation presentation)
    {
        await using var command = database.CreateCommand(Refresh);
        await using var reader = await command
            .Uuid(presentation.FamilyId).Text(presentation.ClientId).Integer(presentation.Generation).Bytes(presentation.SecretHash)
            .Texts(presentation.Scopes).Texts(presentation.Resources).Boolean(presentation.Rotate)
            .Interval(presentation.RetryWindow).Text(presentation.Network).Text(presentation.UserAgent)
            .Boolean(presentation.ClientAuthenticated).Interval(presentation.LostResponseWindow)
            .Bytes(presentation.SuccessorHash).Bytes(presentation.SealedSuccessor).Interval(presentation.SlidingLifetime)
            .Boolean(presentation.WithProfile)
            .ExecuteReaderAsync();
        await reader.ReadAsync();
        var verdict = Enum.Parse<RefreshVerdict>(reader.GetString(0));
        var outcome = new RefreshOutcome(verdict, reader.GetFieldValue<DateTimeOffset>(1));
        return !outcome.Accepted
            ? outcome
            : outcome with
            {
                Grant = ReadGrant(reader, 3, presentation.FamilyId),
                Subject = SubjectSql.Read(reader, 3 + GrantColumnCount),
                SealedSuccessor = verdict is RefreshVerdict.Rotated or RefreshVerdict.Reused ? null : reader.GetBytesOrNull(2),
            };
    }
}
