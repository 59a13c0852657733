using IdentityProvider.Protocol.Events;
using IdentityProvider.Protocol.Grants;
using IdentityProvider.Protocol.Subjects;
using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Users;
using Microsoft.Data.Sqlite;

namespace IdentityProvider.Storage.Grants;

internal sealed partial class SqliteGrantStore
{
    private static readonly string SelectIssuable = $"""
        SELECT {Liveness.OfCode("$now")} AND s.idle_expires_at > $now AND s.user_id = g.subject_id AND s.user_epoch = g.subject_epoch,
            NOT $requireConsent OR EXISTS (
                SELECT 1 FROM consents k
                WHERE k.subject_id = g.subject_id AND k.client_id = g.client_id AND (k.expires_at IS NULL OR k.expires_at > $now)
                  AND NOT EXISTS (SELECT value FROM json_each($scopes) EXCEPT SELECT value FROM json_each(k.scopes)))
        FROM (SELECT $subject AS subject_id, $epoch AS subject_epoch, $session AS session_id, $client AS client_id) g
        LEFT JOIN sessions s ON s.id = g.session_id
        {Liveness.JoinPerson}
        """;

    private const string InsertCode = """
        INSERT INTO authorization_codes (code_hash, client_id, subject_id, subject_epoch, session_id, redirect_uri, code_challenge, nonce,
            scopes, resources, claims_request, auth_time, acr, amr, issue_refresh_token, ends_with_session, expires_at)
        VALUES ($hash, $client, $subject, $epoch, $session, $redirectUri, $challenge, $nonce,
            $scopes, $resources, $claims, $authTime, $acr, $amr, $issueRefresh, $endsWithSession, $expires)
        """;

    /// <summary>So that the session's end is told to the client.</summary>
    private const string JoinSession = """
        UPDATE sessions SET clients = json_insert(clients, '$[#]', $client)
        WHERE id = $session AND NOT EXISTS (SELECT 1 FROM json_each(clients) WHERE value = $client)
        """;

    private static readonly string SelectCode = $"""
        SELECT g.redirect_uri, g.code_challenge, g.expires_at, g.redeemed_at, g.grant_id, g.nonce, g.issue_refresh_token,
            coalesce({Liveness.OfCode("$now")}, FALSE), {GrantColumns}, {SubjectSql.SqliteColumns("$withProfile OR g.claims_request IS NOT NULL")}
        FROM authorization_codes g {Liveness.JoinPerson}
        WHERE g.code_hash = $hash
        """;

    private const string InsertGrant = """
        INSERT INTO grants (id, client_id, subject_id, subject_epoch, session_id, ends_with_session, scopes, resources, claims_request,
            auth_time, acr, amr, generation, secret_hash, network, user_agent, moved, retries, late_retry_used,
            idle_expires_at, absolute_expires_at, created_at)
        SELECT $grant, client_id, subject_id, subject_epoch, session_id, ends_with_session, scopes, resources, claims_request,
            auth_time, acr, amr, $generation, $secretHash, $network, $userAgent, FALSE, 0, FALSE, $idle, $absolute, $now
        FROM authorization_codes WHERE code_hash = $hash
        """;

    public Task<CodeIssueVerdict> IssueCodeAsync(NewAuthorizationCode code)
    {
        using var connection = database.OpenConnection();
        using var transaction = connection.BeginTransaction(deferred: false);
        var now = time.GetUtcNow();

        var (alive, consented) = ReadIssuable(connection, code, now);
        if (!alive || !consented)
        {
            return Task.FromResult(alive ? CodeIssueVerdict.ConsentRequired : CodeIssueVerdict.SessionEnded);
        }

        connection.Execute(
            InsertCode,
            ("$hash", code.CodeHash), ("$client", code.ClientId), ("$subject", code.SubjectId), ("$epoch", code.SubjectEpoch),
            ("$session", code.SessionId), ("$redirectUri", code.RedirectUri), ("$challenge", code.CodeChallenge), ("$nonce", code.Nonce),
            ("$scopes", code.Scopes), ("$resources", code.Resources), ("$claims", code.ClaimsRequest), ("$authTime", code.AuthTime),
            ("$acr", code.Acr), ("$amr", code.Amr), ("$issueRefresh", code.IssueRefreshToken), ("$endsWithSession", code.EndsWithSession),
            ("$expires", now + code.Lifetime));
        connection.Execute(JoinSession, ("$session", code.SessionId), ("$client", code.ClientId));
        transaction.Commit();
        return Task.FromResult(CodeIssueVerdict.Issued);
    }

    public Task<CodeRedemption> RedeemCodeAsync(CodePresentation presentation)
    {
        using var connection = database.OpenConnection();
        using var transaction = connection.BeginTransaction(deferred: false);
        var now = time.GetUtcNow();

        var code = ReadCode(connection, presentation, now);
        var verdict = CodeDecision.Judge(code?.State, presentation, now);
        RevokedGrant? revoked = null;
        if (verdict == CodeVerdict.Replayed)
        {
            revoked = RevokeReplayed(connection, code!, presentation, now);
        }
        else if (verdict == CodeVerdict.Redeemed)
        {
            Consume(connection, presentation, code!.IssueRefreshToken, now);
        }

        transaction.Commit();
        return Task.FromResult(verdict != CodeVerdict.Redeemed
            ? new CodeRedemption(verdict, now) { Revoked = revoked }
            : new CodeRedemption(verdict, now)
            {
                Grant = code!.Grant,
                Subject = code.Subject,
                Nonce = code.Nonce,
                RefreshTokenIssued = code.IssueRefreshToken,
            });
    }

    /// <summary>Null: it was revoked, or deleted, before.</summary>
    private static RevokedGrant? RevokeReplayed(SqliteConnection connection, StoredCode code, CodePresentation presented, DateTimeOffset now)
    {
        var revoked = connection.Execute(
            "UPDATE grants SET revoked_at = $now, revoked_reason = 'code_replayed' WHERE id = $id AND revoked_at IS NULL",
            ("$id", code.GrantId), ("$now", now));
        if (revoked == 0 || code.GrantId is not { } id)
        {
            return null;
        }

        connection.Execute(
            InsertEvent,
            ("$type", SecurityEventTypes.AuthorizationCodeReplayed), ("$now", now), ("$subject", code.Grant.SubjectId), ("$client", code.Grant.ClientId),
            ("$session", code.Grant.SessionId), ("$grant", id), ("$network", presented.Network), ("$userAgent", presented.UserAgent));
        return new RevokedGrant(id, code.Grant.SubjectId, code.Grant.SessionId);
    }

    private static (bool Alive, bool Consented) ReadIssuable(SqliteConnection connection, NewAuthorizationCode code, DateTimeOffset now)
    {
        using var command = connection.Command(
            SelectIssuable,
            ("$subject", code.SubjectId), ("$epoch", code.SubjectEpoch), ("$session", code.SessionId), ("$client", code.ClientId),
            ("$requireConsent", code.RequireRememberedConsent), ("$scopes", code.Scopes), ("$now", now));
        using var reader = command.ExecuteReader();
        reader.Read();
        return (!reader.IsDBNull(0) && reader.GetBoolean(0), reader.GetBoolean(1));
    }

    private static StoredCode? ReadCode(SqliteConnection connection, CodePresentation presentation, DateTimeOffset now)
    {
        using var command = connection.Command(SelectCode, ("$hash", presentation.CodeHash), ("$withProfile", presentation.WithProfile), ("$now", now));
        using var reader = command.ExecuteReader();
        if (!reader.Read())
        {
            return null;
        }

        var alive = reader.GetBoolean(7);
        var grant = ReadGrant(reader, 8, presentation.GrantId);
        return new StoredCode(
            new CodeDecision.State(
                grant.ClientId, reader.GetString(0), reader.GetStringOrNull(1), grant.Resources, reader.GetTime(2), reader.GetTimeOrNull(3), alive),
            grant,
            alive ? SubjectSql.Read(reader, 8 + GrantColumnCount) : null,
            reader.GetGuidOrNull(4),
            reader.GetStringOrNull(5),
            reader.GetBoolean(6));
    }

    /// <summary>The grant's row is inserted also when no refresh token is issued: access tokens name it.</summary>
    private static void Consume(SqliteConnection connection, CodePresentation presentation, bool issueRefreshToken, DateTimeOffset now)
    {
        connection.Execute(
            "UPDATE authorization_codes SET redeemed_at = $now, grant_id = $grant WHERE code_hash = $hash",
            ("$hash", presentation.CodeHash), ("$grant", presentation.GrantId), ("$now", now));

        var absolute = now + (issueRefreshToken ? presentation.RefreshAbsoluteLifetime : presentation.AccessTokenLifetime);
        var idle = issueRefreshToken ? now + presentation.RefreshIdleLifetime : absolute;
        connection.Execute(
            InsertGrant,
            ("$hash", presentation.CodeHash), ("$grant", presentation.GrantId), ("$generation", RefreshPresentation.FirstGeneration),
            ("$secretHash", issueRefreshToken ? presentation.RefreshSecretHash : null),
            ("$network", presentation.Network), ("$userAgent", presentation.UserAgent),
            ("$idle", idle < absolute ? idle : absolute), ("$absolute", absolute), ("$now", now));
    }

    private sealed record StoredCode(
        CodeDecision.State State, Grant Grant, SubjectRecord? Subject, Guid? GrantId, string? Nonce, bool IssueRefreshToken);
}
