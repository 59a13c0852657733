using IdentityProvider.Protocol.Grants;
using IdentityProvider.Protocol.Subjects;
using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Users;
using Microsoft.Data.Sqlite;

namespace IdentityProvider.Storage.Grants;

internal sealed partial class SqliteGrantStore
{
    private static readonly string SelectFamily = $"""
        SELECT g.generation, g.secret_hash, g.previous_hash, g.rotated_at, g.sealed_successor, g.network, g.user_agent,
            g.retries, g.retries_since, g.late_retry_used, g.idle_expires_at, g.absolute_expires_at,
            coalesce({Liveness.OfGrant("$now")}, FALSE), {GrantColumns}, {SubjectSql.SqliteColumns("$withProfile OR g.claims_request IS NOT NULL")}
        FROM grants g {Liveness.JoinPerson}
        WHERE g.id = $id
        """;

    private const string RotateFamily = """
        UPDATE grants SET generation = generation + 1, previous_hash = secret_hash, secret_hash = $successorHash, rotated_at = $now,
            sealed_successor = $sealed, network = $network, user_agent = $userAgent, late_retry_used = FALSE,
            idle_expires_at = coalesce($idle, idle_expires_at)
        WHERE id = $id
        """;

    public Task<RefreshOutcome> RefreshAsync(RefreshPresentation presentation)
    {
        using var connection = database.OpenConnection();
        using var transaction = connection.BeginTransaction(deferred: false);
        var now = time.GetUtcNow();

        var family = ReadFamily(connection, presentation, now);
        var verdict = RefreshDecision.Judge(family?.State, presentation, now);
        Record(connection, verdict, family?.State, presentation, now);
        transaction.Commit();

        var outcome = new RefreshOutcome(verdict, now);
        return Task.FromResult(!outcome.Accepted
            ? outcome
            : outcome with
            {
                Grant = family!.Grant,
                Subject = family.Subject,
                SealedSuccessor = verdict is RefreshVerdict.Rotated or RefreshVerdict.Reused ? null : family.SealedSuccessor,
            });
    }

    private static Family? ReadFamily(SqliteConnection connection, RefreshPresentation presentation, DateTimeOffset now)
    {
        using var command = connection.Command(
            SelectFamily, ("$id", presentation.FamilyId), ("$withProfile", presentation.WithProfile), ("$now", now));
        using var reader = command.ExecuteReader();
        if (!reader.Read())
        {
            return null;
        }

        var grant = ReadGrant(reader, 13, presentation.FamilyId);
        var sealedSuccessor = reader.GetBytesOrNull(4);
        var state = new RefreshDecision.State
        {
            ClientId = grant.ClientId,
            Scopes = grant.Scopes,
            Resources = grant.Resources,
            Generation = reader.GetInt32(0),
            SecretHash = reader.GetBytesOrNull(1),
            PreviousHash = reader.GetBytesOrNull(2),
            RotatedAt = reader.GetTimeOrNull(3),
            SuccessorUnused = sealedSuccessor is not null,
            Network = reader.GetStringOrNull(5),
            UserAgent = reader.GetStringOrNull(6),
            Retries = reader.GetInt32(7),
            RetriesSince = reader.GetTimeOrNull(8),
            LateRetryUsed = reader.GetBoolean(9),
            IdleExpiresAt = reader.GetTime(10),
            AbsoluteExpiresAt = reader.GetTime(11),
            Alive = reader.GetBoolean(12),
        };
        return new Family(state, grant, state.Alive ? SubjectSql.Read(reader, 13 + GrantColumnCount) : null, sealedSuccessor);
    }

    private static void Record(
        SqliteConnection connection, RefreshVerdict verdict, RefreshDecision.State? family, RefreshPresentation presented, DateTimeOffset now)
    {
        var id = presented.FamilyId;
        switch (verdict)
        {
            case RefreshVerdict.Rotated:
                connection.Execute(
                    RotateFamily,
                    ("$id", id), ("$successorHash", presented.SuccessorHash), ("$sealed", presented.SealedSuccessor),
                    ("$network", presented.Network), ("$userAgent", presented.UserAgent),
                    ("$idle", IdleExpiry(family!, presented, now)), ("$now", now));
                break;
            case RefreshVerdict.Reused:
                // A use of the current token proves that it arrived: the previous one has no more claim to it.
                connection.Execute(
                    "UPDATE grants SET idle_expires_at = coalesce($idle, idle_expires_at), sealed_successor = NULL WHERE id = $id",
                    ("$id", id), ("$idle", IdleExpiry(family!, presented, now)));
                break;
            case RefreshVerdict.RetriedElsewhere:
                var anew = RefreshDecision.CountsAnew(family!.RetriesSince, now);
                connection.Execute(
                    "UPDATE grants SET retries = $retries, retries_since = $since WHERE id = $id",
                    ("$id", id), ("$retries", anew ? 1 : family.Retries + 1), ("$since", anew ? now : family.RetriesSince));
                break;
            case RefreshVerdict.RetriedLate:
                connection.Execute("UPDATE grants SET late_retry_used = TRUE WHERE id = $id", ("$id", id));
                break;
            case RefreshVerdict.ReuseDetected:
                connection.Execute(
                    "UPDATE grants SET revoked_at = $now, revoked_reason = 'refresh_token_reused' WHERE id = $id",
                    ("$id", id), ("$now", now));
                break;
        }
    }

    private static DateTimeOffset? IdleExpiry(RefreshDecision.State family, RefreshPresentation presented, DateTimeOffset now) =>
        now + presented.SlidingLifetime is not { } slid ? null
        : slid < family.AbsoluteExpiresAt ? slid
        : family.AbsoluteExpiresAt;

    private sealed record Family(RefreshDecision.State State, Grant Grant, SubjectRecord? Subject, byte[]? SealedSuccessor);
}
