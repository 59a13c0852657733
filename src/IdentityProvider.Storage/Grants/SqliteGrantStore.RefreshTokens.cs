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
            sealed_successor = $sealed, network = $network, user_agent = $userAgent, moved = $moved, late_retry_used = FALSE,
            idle_expires_at = coalesce($idle, idle_expires_at)
        WHERE id = $id
        """;

    /// <summary>A use of the current token proves that it arrived: the previous one has no more claim to it.</summary>
    private const string UseFamily = """
        UPDATE grants SET idle_expires_at = coalesce($idle, idle_expires_at), sealed_successor = NULL,
            network = $network, user_agent = $userAgent, moved = $moved
        WHERE id = $id
        """;

    public Task<RefreshOutcome> RefreshAsync(RefreshPresentation presentation)
    {
        using var connection = database.OpenConnection();
        using var transaction = connection.BeginTransaction(deferred: false);
        var now = time.GetUtcNow();

        var family = ReadFamily(connection, presentation, now);
        var verdict = RefreshDecision.Judge(family?.State, presentation, now);
        Record(connection, verdict, family, presentation, now);
        transaction.Commit();
        if (verdict == RefreshVerdict.ReuseDetected)
        {
            outbox.Set();
        }

        var outcome = new RefreshOutcome(verdict, now);
        var current = verdict is RefreshVerdict.Rotated or RefreshVerdict.Reused;
        return Task.FromResult(verdict switch
        {
            RefreshVerdict.Unknown or RefreshVerdict.WrongClient or RefreshVerdict.Dead => outcome,
            _ when !outcome.Accepted => outcome with { Grant = family!.Grant },
            _ => outcome with
            {
                Grant = family!.Grant,
                Subject = family.Subject,
                SealedSuccessor = current ? null : family.SealedSuccessor,
                Moved = current && RefreshDecision.HasMoved(family.State, presentation),
            },
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
        SqliteConnection connection, RefreshVerdict verdict, Family? stored, RefreshPresentation presented, DateTimeOffset now)
    {
        var (id, family) = (presented.FamilyId, stored?.State);
        switch (verdict)
        {
            case RefreshVerdict.Rotated:
                connection.Execute(
                    RotateFamily,
                    ("$id", id), ("$successorHash", presented.SuccessorHash), ("$sealed", presented.SealedSuccessor),
                    ("$network", presented.Network), ("$userAgent", presented.UserAgent), ("$moved", RefreshDecision.HasMoved(family!, presented)),
                    ("$idle", IdleExpiry(family!, presented, now)), ("$now", now));
                break;
            case RefreshVerdict.Reused:
                connection.Execute(
                    UseFamily,
                    ("$id", id), ("$idle", IdleExpiry(family!, presented, now)),
                    ("$network", presented.Network), ("$userAgent", presented.UserAgent), ("$moved", RefreshDecision.HasMoved(family!, presented)));
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
                RecordReuse(connection, stored!.Grant, presented, now);
                break;
        }
    }

    private static DateTimeOffset? IdleExpiry(RefreshDecision.State family, RefreshPresentation presented, DateTimeOffset now) =>
        now + presented.SlidingLifetime is not { } slid ? null
        : slid < family.AbsoluteExpiresAt ? slid
        : family.AbsoluteExpiresAt;

    private sealed record Family(RefreshDecision.State State, Grant Grant, SubjectRecord? Subject, byte[]? SealedSuccessor);
}
