using IdentityProvider.Protocol.Events;
using IdentityProvider.Protocol.Grants;
using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Users;
using Npgsql;

namespace IdentityProvider.Storage.Grants;

internal sealed partial class PostgresGrantStore
{
    /// <summary>How often the two statements may disagree on whether a token is current, which takes a change between them each time.</summary>
    private const int Attempts = 3;

    /// <summary>Not where the last use is not known: NULL then.</summary>
    private const string HasMoved = "g.network <> $9 OR g.user_agent <> $10";

    private static readonly string Minting = $"{GrantColumns}, {SubjectSql.PostgresColumns("$7 OR g.claims_request IS NOT NULL")}";

    /// <summary>
    /// The token of every day, the current one of a live family: every check stands in the WHERE, so what does not pass changes nothing.
    /// A waiter's WHERE is evaluated again on the row as the winner left it, and its clock is read after the wait.
    /// </summary>
    private static string Accept(string changes) => $"""
        UPDATE grants g SET {changes},
            network = $9, user_agent = $10, moved = coalesce({HasMoved}, FALSE),
            idle_expires_at = CASE WHEN $8 IS NULL THEN g.idle_expires_at ELSE least({Now} + $8, g.absolute_expires_at) END
        FROM "AspNetUsers" u
        WHERE g.id = $1 AND g.client_id = $2 AND g.generation = $3 AND g.secret_hash = $4
          AND ($5 <@ g.scopes) IS NOT FALSE AND ($6 <@ g.resources) IS NOT FALSE
          AND g.idle_expires_at > {Now} AND g.absolute_expires_at > {Now}
          AND ($11 AND ({HasMoved})) IS NOT TRUE
          AND u."Id" = g.subject_id AND {Liveness.OfGrant(Now)}
        RETURNING {Now}, {Minting}, g.moved
        """;

    private static readonly string Rotate = Accept(
        $"""
        generation = g.generation + 1, previous_hash = g.secret_hash, secret_hash = $12, sealed_successor = $13,
            late_retry_used = FALSE, rotated_at = {Now}
        """);

    /// <summary>A use of the current token proves that it arrived: the previous one has no more claim to it.</summary>
    private static readonly string Reuse = Accept("sealed_successor = NULL");

    /// <summary>
    /// Any other token. The row is locked first, by its key alone, so that a waiter judges it as the winner left it; the clock is read after
    /// the wait. The arms of the verdict stand in the order of <see cref="RefreshDecision"/>. One UPDATE serves all verdicts that change
    /// something: an UPDATE costs its start-up even where it finds no row. Whatever is changed was alive, so nothing is un-revoked.
    /// </summary>
    private static string Judge(ReuseReaction onReuse) => $"""
        WITH {LocksBeforeFamily(onReuse)}
        locked AS MATERIALIZED (
            SELECT * FROM grants WHERE id = $1 {AfterThem(onReuse)} FOR NO KEY UPDATE),
        timed AS MATERIALIZED (
            SELECT l.*, {Now} AS now FROM (SELECT 1) one LEFT JOIN locked l ON TRUE),
        judged AS MATERIALIZED (
            SELECT g.*,
                g.retries_since IS NULL OR g.now - g.retries_since >= interval '24 hours' AS counts_anew,
                CASE
                    WHEN g.id IS NULL THEN 'Unknown'
                    WHEN g.client_id <> $2 THEN 'WrongClient'
                    WHEN $3 > g.generation
                        OR ($3 = g.generation AND g.secret_hash IS DISTINCT FROM $4)
                        OR ($3 = g.generation - 1 AND g.previous_hash IS DISTINCT FROM $4) THEN 'Unknown'
                    WHEN NOT coalesce({Liveness.OfGrant("g.now")}, FALSE)
                        OR g.idle_expires_at <= g.now OR g.absolute_expires_at <= g.now THEN 'Dead'
                    WHEN $13 AND ({HasMoved}) THEN 'WrongDevice'
                    WHEN NOT $5 <@ g.scopes THEN 'InvalidScope'
                    WHEN NOT $6 <@ g.resources THEN 'InvalidTarget'
                    WHEN $3 = g.generation THEN NULL
                    WHEN $3 < g.generation - 1 OR g.sealed_successor IS NULL THEN
                        CASE WHEN g.now - g.rotated_at < $8 THEN 'Stale' ELSE 'ReuseDetected' END
                    WHEN g.now - g.rotated_at < $8 THEN
                        CASE
                            WHEN g.network = $9 AND g.user_agent = $10 THEN 'Retried'
                            WHEN g.retries_since IS NULL OR g.now - g.retries_since >= interval '24 hours' OR g.retries < 3 THEN 'RetriedElsewhere'
                            ELSE 'ReuseDetected'
                        END
                    WHEN $11 AND NOT g.late_retry_used AND g.now - g.rotated_at < $12 THEN 'RetriedLate'
                    ELSE 'LateUnbound'
                END AS verdict
            FROM timed g {Liveness.JoinPerson}),
        changed AS (
            UPDATE grants g SET
                late_retry_used = g.late_retry_used OR j.verdict = 'RetriedLate',
                retries = CASE WHEN j.verdict <> 'RetriedElsewhere' THEN g.retries WHEN j.counts_anew THEN 1 ELSE g.retries + 1 END,
                retries_since = CASE WHEN j.verdict = 'RetriedElsewhere' AND j.counts_anew THEN j.now ELSE g.retries_since END,
                revoked_at = CASE WHEN j.verdict = 'ReuseDetected' THEN j.now END,
                revoked_reason = CASE WHEN j.verdict = 'ReuseDetected' THEN '{SecurityEventTypes.RefreshTokenReused}' END
            FROM judged j
            WHERE g.id = $1 AND j.verdict IN ('RetriedElsewhere', 'RetriedLate', 'ReuseDetected')),
        {Consequences(onReuse)}
        SELECT g.now, {Minting}, g.verdict, g.sealed_successor
        FROM judged g LEFT JOIN "AspNetUsers" u ON u."Id" = g.subject_id AND g.verdict IN ('Retried', 'RetriedElsewhere', 'RetriedLate')
        """;

    private static readonly string[] JudgeBy = [.. Enum.GetValues<ReuseReaction>().Select(Judge)];

    private const int MintingColumns = GrantColumnCount + SubjectSql.ColumnCount;

    /// <summary>
    /// One statement for the token of every day, a second one for any other. Each decides and records by itself; should a token become
    /// current between them, as by the end of a lock-out, it is presented again.
    /// </summary>
    public async Task<RefreshOutcome> RefreshAsync(RefreshPresentation presentation)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (await AcceptAsync(presentation) is { } accepted)
            {
                return accepted;
            }

            if (await JudgeAsync(presentation) is { } judged)
            {
                return judged;
            }
        }

        throw new NpgsqlException("A grant changed faster than a refresh token of it could be judged.", new TimeoutException());
    }

    private async Task<RefreshOutcome?> AcceptAsync(RefreshPresentation presentation)
    {
        await using var command = Present(presentation.Rotate ? Rotate : Reuse, presentation)
            .Interval(presentation.SlidingLifetime).Text(presentation.Network).Text(presentation.UserAgent).Boolean(presentation.RequireSameDevice);
        if (presentation.Rotate)
        {
            command.Bytes(presentation.SuccessorHash).Bytes(presentation.SealedSuccessor);
        }

        await using var reader = await command.ExecuteReaderAsync();
        return await reader.ReadAsync()
            ? ReadAccepted(reader, presentation.FamilyId, presentation.Rotate ? RefreshVerdict.Rotated : RefreshVerdict.Reused) with
            {
                Moved = reader.GetBoolean(1 + MintingColumns),
            }
            : null;
    }

    /// <summary>Null: the token is current.</summary>
    private async Task<RefreshOutcome?> JudgeAsync(RefreshPresentation presentation)
    {
        await using var command = Present(JudgeBy[(int)presentation.OnReuse], presentation)
            .Interval(presentation.RetryWindow).Text(presentation.Network).Text(presentation.UserAgent)
            .Boolean(presentation.ClientAuthenticated).Interval(presentation.LostResponseWindow).Boolean(presentation.RequireSameDevice);
        await using var reader = await command.ExecuteReaderAsync();
        await reader.ReadAsync();
        if (reader.GetStringOrNull(1 + MintingColumns) is not { } name)
        {
            return null;
        }

        var outcome = new RefreshOutcome(Enum.Parse<RefreshVerdict>(name), reader.GetFieldValue<DateTimeOffset>(0));
        if (outcome.Verdict == RefreshVerdict.ReuseDetected)
        {
            outbox.Set();
        }

        return outcome.Verdict switch
        {
            RefreshVerdict.Unknown or RefreshVerdict.WrongClient or RefreshVerdict.Dead => outcome,
            _ when !outcome.Accepted => outcome with { Grant = ReadGrant(reader, 1, presentation.FamilyId) },
            _ => ReadAccepted(reader, presentation.FamilyId, outcome.Verdict) with { SealedSuccessor = reader.GetBytesOrNull(2 + MintingColumns) },
        };
    }

    private NpgsqlCommand Present(string statement, RefreshPresentation presentation) => database.CreateCommand(statement)
        .Uuid(presentation.FamilyId).Text(presentation.ClientId).Integer(presentation.Generation).Bytes(presentation.SecretHash)
        .Texts(presentation.Scopes).Texts(presentation.Resources).Boolean(presentation.WithProfile);

    private static RefreshOutcome ReadAccepted(NpgsqlDataReader reader, Guid familyId, RefreshVerdict verdict) =>
        new(verdict, reader.GetFieldValue<DateTimeOffset>(0))
        {
            Grant = ReadGrant(reader, 1, familyId),
            Subject = SubjectSql.Read(reader, 1 + GrantColumnCount),
        };
}
