using IdentityProvider.Protocol.Events;
using IdentityProvider.Protocol.Grants;
using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Users;

namespace IdentityProvider.Storage.Grants;

internal sealed partial class PostgresGrantStore
{
    /// <summary>
    /// The client joins the session, whose end then says so to it. An end that does not see it yet has come first, and the code is dead.
    /// </summary>
    private static readonly string Issue = $"""
        WITH judged AS MATERIALIZED (
            SELECT t.now,
                coalesce(
                    {Liveness.OfCode("t.now")}
                    AND s.idle_expires_at > t.now AND s.user_id = g.subject_id AND s.user_epoch = g.subject_epoch, FALSE) AS alive,
                NOT $17 OR EXISTS (
                    SELECT 1 FROM consents k
                    WHERE k.subject_id = g.subject_id AND k.client_id = g.client_id AND (k.expires_at IS NULL OR k.expires_at > t.now)
                      AND $9 <@ k.scopes) AS consented
            FROM (SELECT $2 AS client_id, $3 AS subject_id, $4 AS subject_epoch, $5 AS session_id) g
            CROSS JOIN (SELECT clock_timestamp() AS now) t
            LEFT JOIN sessions s ON s.id = g.session_id
            {Liveness.JoinPerson}),
        issued AS (
            INSERT INTO authorization_codes (code_hash, client_id, subject_id, subject_epoch, session_id, redirect_uri, code_challenge, nonce,
                scopes, resources, claims_request, auth_time, acr, amr, issue_refresh_token, ends_with_session, expires_at)
            SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, now + $18
            FROM judged WHERE alive AND consented),
        joined AS (
            UPDATE sessions s SET clients = array_append(s.clients, $2)
            FROM judged j WHERE j.alive AND j.consented AND s.id = $5 AND NOT $2 = ANY (s.clients))
        SELECT alive, consented FROM judged
        """;

    /// <summary>
    /// Every check stands in the WHERE, so whoever fails one burns nothing. A waiter's WHERE is evaluated again on the row as the winner
    /// left it: redeemed; and its clock is read after the wait.
    /// </summary>
    private static readonly string Redeem = $"""
        WITH redeemed AS (
            UPDATE authorization_codes g SET redeemed_at = {Now}, grant_id = $2
            FROM "AspNetUsers" u
            WHERE g.code_hash = $1 AND g.redeemed_at IS NULL AND g.expires_at > {Now}
              AND g.client_id = $3
              AND CASE WHEN $4 IS NULL THEN $5 ELSE g.redirect_uri = $4 END
              AND g.code_challenge IS NOT DISTINCT FROM $6
              AND ($13 <@ g.resources) IS NOT FALSE
              AND u."Id" = g.subject_id AND {Liveness.OfCode(Now)}
            RETURNING g.*,
                g.redeemed_at + CASE WHEN g.issue_refresh_token THEN $8 ELSE $10 END AS absolute,
                g.redeemed_at + CASE WHEN g.issue_refresh_token THEN $9 ELSE $10 END AS idle),
        granted AS (
            INSERT INTO grants (id, client_id, subject_id, subject_epoch, session_id, ends_with_session, scopes, resources, claims_request,
                auth_time, acr, amr, generation, secret_hash, network, user_agent, moved, retries, late_retry_used,
                idle_expires_at, absolute_expires_at, created_at)
            SELECT $2, client_id, subject_id, subject_epoch, session_id, ends_with_session, scopes, resources, claims_request,
                auth_time, acr, amr, $11, CASE WHEN issue_refresh_token THEN $7 END, $14, $15, FALSE, 0, FALSE,
                least(idle, absolute), absolute, redeemed_at
            FROM redeemed)
        SELECT g.redeemed_at, g.nonce, g.issue_refresh_token, {GrantColumns}, {SubjectSql.PostgresColumns("$12 OR g.claims_request IS NOT NULL")}
        FROM redeemed g JOIN "AspNetUsers" u ON u."Id" = g.subject_id
        """;

    /// <summary>
    /// Why a code was refused, and the revocation with its event if it was replayed. A statement of its own, for it needs a snapshot taken after the
    /// winner's commit: the grant to revoke may have been inserted while the first statement waited.
    /// </summary>
    private const string Refuse = $"""
        WITH judged AS MATERIALIZED (
            SELECT t.now, g.grant_id,
                CASE
                    WHEN g.code_hash IS NULL THEN 'Unknown'
                    WHEN g.client_id <> $2 THEN 'WrongClient'
                    WHEN NOT CASE WHEN $3 IS NULL THEN $4 ELSE g.redirect_uri = $3 END THEN 'WrongRedirectUri'
                    WHEN g.code_challenge IS DISTINCT FROM $5 THEN 'WrongVerifier'
                    WHEN NOT $8 <@ g.resources THEN 'InvalidTarget'
                    WHEN g.redeemed_at IS NOT NULL AND g.code_challenge IS NOT NULL AND $6 AND t.now - g.redeemed_at < $7 THEN 'DoubleSubmit'
                    WHEN g.redeemed_at IS NOT NULL THEN 'Replayed'
                    WHEN g.expires_at <= t.now THEN 'Expired'
                    ELSE 'Dead'
                END AS verdict
            FROM (SELECT clock_timestamp() AS now) t LEFT JOIN authorization_codes g ON g.code_hash = $1),
        revoked AS (
            UPDATE grants g SET revoked_at = j.now, revoked_reason = 'code_replayed'
            FROM judged j WHERE j.verdict = 'Replayed' AND g.id = j.grant_id AND g.revoked_at IS NULL
            RETURNING g.id, g.subject_id, g.client_id, g.session_id, g.revoked_at),
        recorded AS (
            INSERT INTO security_events (type, occurred_at, subject_id, client_id, session_id, grant_id, network, user_agent)
            SELECT '{SecurityEventTypes.AuthorizationCodeReplayed}', revoked_at, subject_id, client_id, session_id, id, $9, $10 FROM revoked)
        SELECT j.verdict, j.now, r.id, r.subject_id, r.session_id FROM judged j LEFT JOIN revoked r ON TRUE
        """;

    public async Task<CodeIssueVerdict> IssueCodeAsync(NewAuthorizationCode code)
    {
        await using var command = database.CreateCommand(Issue);
        await using var reader = await command
            .Bytes(code.CodeHash).Text(code.ClientId).Uuid(code.SubjectId).Bigint(code.SubjectEpoch).Uuid(code.SessionId)
            .Text(code.RedirectUri).Text(code.CodeChallenge).Text(code.Nonce).Texts(code.Scopes).Texts(code.Resources)
            .Text(code.ClaimsRequest).Time(code.AuthTime).Text(code.Acr).Texts(code.Amr).Boolean(code.IssueRefreshToken)
            .Boolean(code.EndsWithSession).Boolean(code.RequireRememberedConsent).Interval(code.Lifetime)
            .ExecuteReaderAsync();
        await reader.ReadAsync();
        return !reader.GetBoolean(0) ? CodeIssueVerdict.SessionEnded
            : !reader.GetBoolean(1) ? CodeIssueVerdict.ConsentRequired
            : CodeIssueVerdict.Issued;
    }

    public async Task<CodeRedemption> RedeemCodeAsync(CodePresentation presentation) =>
        await TryRedeemCodeAsync(presentation) ?? await RefuseCodeAsync(presentation);

    private async Task<CodeRedemption?> TryRedeemCodeAsync(CodePresentation presentation)
    {
        await using var command = database.CreateCommand(Redeem);
        await using var reader = await command
            .Bytes(presentation.CodeHash).Uuid(presentation.GrantId).Text(presentation.ClientId)
            .Text(presentation.RedirectUri).Boolean(presentation.RedirectUriOptional).Text(presentation.VerifierChallenge)
            .Bytes(presentation.RefreshSecretHash)
            .Interval(presentation.RefreshAbsoluteLifetime).Interval(presentation.RefreshIdleLifetime).Interval(presentation.AccessTokenLifetime)
            .Integer(RefreshPresentation.FirstGeneration).Boolean(presentation.WithProfile)
            .Texts(presentation.Resources).Text(presentation.Network).Text(presentation.UserAgent)
            .ExecuteReaderAsync();
        if (!await reader.ReadAsync())
        {
            return null;
        }

        return new CodeRedemption(CodeVerdict.Redeemed, reader.GetFieldValue<DateTimeOffset>(0))
        {
            Nonce = reader.GetStringOrNull(1),
            RefreshTokenIssued = reader.GetBoolean(2),
            Grant = ReadGrant(reader, 3, presentation.GrantId),
            Subject = SubjectSql.Read(reader, 3 + GrantColumnCount),
        };
    }

    private async Task<CodeRedemption> RefuseCodeAsync(CodePresentation presentation)
    {
        await using var command = database.CreateCommand(Refuse);
        await using var reader = await command
            .Bytes(presentation.CodeHash).Text(presentation.ClientId)
            .Text(presentation.RedirectUri).Boolean(presentation.RedirectUriOptional).Text(presentation.VerifierChallenge)
            .Boolean(presentation.ClientAuthenticated).Interval(presentation.DoubleSubmitWindow)
            .Texts(presentation.Resources).Text(presentation.Network).Text(presentation.UserAgent)
            .ExecuteReaderAsync();
        await reader.ReadAsync();
        return new CodeRedemption(Enum.Parse<CodeVerdict>(reader.GetString(0)), reader.GetFieldValue<DateTimeOffset>(1))
        {
            Revoked = reader.GetGuidOrNull(2) is { } revoked ? new RevokedGrant(revoked, reader.GetGuid(3), reader.GetGuid(4)) : null,
        };
    }
}
