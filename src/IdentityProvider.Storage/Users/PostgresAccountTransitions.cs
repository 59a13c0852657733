using System.Text.Json;
using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Protocol.Outbox;
using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Events;
using IdentityProvider.Storage.Sessions;
using Npgsql;

namespace IdentityProvider.Storage.Users;

/// <summary>
/// Each transition is one batch, sent as a whole: one transaction and one round trip, in which no frozen instance can hold a lock. The
/// person's row comes first, then sessions, then grants, both by id: the lock order of all that takes several. The later statements have
/// snapshots of their own, taken once the person is locked, so they see every session that was made before: signing in locks the person
/// against change. A grant that is being inserted meanwhile is not seen, and is dead by its epoch.
/// </summary>
internal sealed class PostgresAccountTransitions(NpgsqlDataSource database, OutboxSignal outbox) : IAccountTransitions
{
    private const string Stamp = """ "SecurityStamp" = $2, "ConcurrencyStamp" = $3 """;

    private const string Raise = $""" "Epoch" = "Epoch" + 1, {Stamp} """;

    /// <summary>Who is locked cannot call a deletion off, and may not be who has asked for it.</summary>
    private const string Lock = $"""
        UPDATE "AspNetUsers" SET {Raise}, "DisabledAt" = coalesce("DisabledAt", clock_timestamp()), "DisabledReason" = $4, "DeleteAfter" = NULL WHERE "Id" = $1
        """;

    private const string NewPassword = $""" {Raise}, "PasswordHash" = $4, "HasShortPassword" = $5, "PasswordChangeReason" = NULL """;

    /// <summary>An operator's lock stays.</summary>
    private const string TakeOwnLockOff = $"""
        "DisabledAt" = CASE WHEN "DisabledReason" = '{Repudiation.LockReason}' THEN NULL ELSE "DisabledAt" END,
        "DisabledReason" = CASE WHEN "DisabledReason" = '{Repudiation.LockReason}' THEN NULL ELSE "DisabledReason" END
        """;

    private const string Reset = $"""UPDATE "AspNetUsers" SET {NewPassword} WHERE "Id" = $1""";

    private const string Change = $"""{Reset} AND "Epoch" = $6 AND "DisabledAt" IS NULL""";

    /// <summary>The person is locked before the link is judged, so that it is held against the stamp that is valid then.</summary>
    private const string UsedLink = """
        WITH person AS MATERIALIZED (SELECT "Id", "SecurityStamp" FROM "AspNetUsers" WHERE "Id" = $1 FOR NO KEY UPDATE),
        used AS (
            UPDATE one_time_tokens t SET used_at = clock_timestamp() FROM person p
            WHERE t.id = $4 AND t.purpose = $5 AND t.secret_hash = $6 AND t.user_id = p."Id" AND t.used_at IS NULL AND t.expires_at > clock_timestamp()
                AND t.tries_left > 0 AND (t.security_stamp IS NULL OR t.security_stamp = p."SecurityStamp")
            RETURNING t.user_id)
        """;

    private const string ProvenReset = $"""
        {UsedLink}
        UPDATE "AspNetUsers" u SET {Raise}, "PasswordHash" = $7, "HasShortPassword" = $8, "PasswordChangeReason" = NULL, {TakeOwnLockOff}
        FROM used WHERE u."Id" = used.user_id
        """;

    private const string Repudiate = $"""
        {UsedLink}
        UPDATE "AspNetUsers" u SET {Raise}, "PasswordHash" = NULL, "HasShortPassword" = FALSE, "PasswordChangeReason" = NULL, "DeleteAfter" = NULL,
            "DisabledReason" = CASE WHEN $7 AND "DisabledAt" IS NULL THEN '{Repudiation.LockReason}' ELSE "DisabledReason" END,
            "DisabledAt" = CASE WHEN $7 THEN coalesce("DisabledAt", clock_timestamp()) ELSE "DisabledAt" END
        FROM used WHERE u."Id" = used.user_id
        """;

    private const string Applied = """EXISTS (SELECT 1 FROM "AspNetUsers" u WHERE u."Id" = $1 AND u."ConcurrencyStamp" = $2)""";

    private const string LockAddress = $"""
        SELECT pg_advisory_xact_lock(hashtextextended(upper(u."Email"), {AddressLock.Seed})) FROM "AspNetUsers" u WHERE u."Id" = $1
        """;

    /// <summary>Before one of them is changed, since whoever ends several locks them in this order too.</summary>
    private const string LockSessions = $"""
        SELECT s.id FROM sessions s WHERE s.user_id = $1 AND s.ended_at IS NULL AND {Applied} ORDER BY s.id FOR NO KEY UPDATE
        """;

    /// <summary>The stamp says that the change has applied: an epoch alone might have been raised by somebody else.</summary>
    private const string Keep = """
        UPDATE sessions s SET user_epoch = u."Epoch", previous_handle_hash = s.handle_hash, handle_hash = $4
        FROM "AspNetUsers" u
        WHERE s.id = $3 AND s.user_id = $1 AND s.user_epoch = $5 AND s.ended_at IS NULL AND u."Id" = $1 AND u."ConcurrencyStamp" = $2
        """;

    private const string RequestDeletion = $"""
        UPDATE "AspNetUsers" SET {Raise}, "DeleteAfter" = clock_timestamp() + $4 WHERE "Id" = $1 AND "Epoch" = $5 AND "DisabledAt" IS NULL
        """;

    private const string CancelDeletion = """
        UPDATE "AspNetUsers" SET "ConcurrencyStamp" = $2, "DeleteAfter" = NULL WHERE "Id" = $1 AND "DeleteAfter" IS NOT NULL AND "DisabledAt" IS NULL
        """;

    private const string Delete = $"""{Lock} AND (NOT $5 OR "DeleteAfter" <= clock_timestamp())""";

    private const string Unlock = $"""
        UPDATE "AspNetUsers" SET {Stamp}, "DisabledAt" = NULL, "DisabledReason" = NULL, "PasswordHash" = CASE WHEN $4 THEN NULL ELSE "PasswordHash" END,
            "MustEnrolSecondFactor" = "MustEnrolSecondFactor" OR $5
        WHERE "Id" = $1
        """;

    private static readonly string s_endSessions = SessionEnds.Postgres(EpochEnds.Sessions("$1"));

    private static readonly string s_revokeGrants = Revoke(EpochEnds.Grants("$1"));

    private static readonly string s_revokeClient = Revoke("g.subject_id = $1 AND g.client_id = $3");

    private static readonly Repudiations s_repudiations = new("$1", "$3", "$4", "clock_timestamp()", Applied)
    {
        PasskeyTime = """(p."Data" ->> 'CreatedAt')::timestamptz""",
        PasskeyKey = """encode(p."CredentialId", 'hex')""",
        Content = "t.content::json",
    };

    public Task<Ended?> ChangePasswordAsync(PasswordChange change)
    {
        var stamps = Stamps.New();
        return EndAsync(
            change.UserId,
            "password_changed",
            [
                Command(Change).Uuid(change.UserId).Text(stamps.Security).Text(stamps.Concurrency).Text(change.PasswordHash)
                    .Boolean(change.ShortPassword).Bigint(change.UserEpoch),
                Command($"{ProvenEnds.EndTrust("$1")} AND {Applied}").Uuid(change.UserId).Text(stamps.Concurrency),
                Command(LockSessions).Uuid(change.UserId).Text(stamps.Concurrency),
                Command(Keep).Uuid(change.UserId).Text(stamps.Concurrency).Uuid(change.SessionId).Bytes(change.HandleHash).Bigint(change.UserEpoch),
                .. Notices(change.UserId, stamps.Concurrency, change.Notice),
            ]);
    }

    public Task<Ended?> ResetPasswordAsync(Guid userId, string passwordHash, bool shortPassword = false)
    {
        var stamps = Stamps.New();
        return EndAsync(
            userId,
            "password_reset",
            [
                Command(Reset).Uuid(userId).Text(stamps.Security).Text(stamps.Concurrency).Text(passwordHash).Boolean(shortPassword),
                Command(ProvenEnds.RevokeDevices("$1", "clock_timestamp()")).Uuid(userId),
                .. Notices(userId, stamps.Concurrency, OperatorNotices.PasswordReset),
            ],
            [Command(PersonRows.PasswordFailures("$1")).Uuid(userId)]);
    }

    public Task<Ended?> ResetPasswordAsync(ProvenReset reset)
    {
        var stamps = Stamps.New();
        var condition = ProvenEnds.Unconfirmed("$1", "$2");
        return EndAsync(
            reset.UserId,
            "password_reset",
            [
                Command(ProvenReset).Uuid(reset.UserId).Text(stamps.Security).Text(stamps.Concurrency)
                    .Uuid(reset.Link.Id).Text(reset.Purpose).Bytes(reset.Link.SecretHash).Text(reset.PasswordHash).Boolean(reset.ShortPassword),
                .. ProvenEnds.Removals("$1", condition).Select(statement => Command(statement).Uuid(reset.UserId).Text(stamps.Concurrency)),
                Command(ProvenEnds.Confirm("$1", "$2")).Uuid(reset.UserId).Text(stamps.Concurrency),
                Command($"{ProvenEnds.RevokeDevices("$1", "clock_timestamp()")} AND {Applied}").Uuid(reset.UserId).Text(stamps.Concurrency),
                Command($"{PersonRows.PasswordFailures("$1")} AND {Applied}").Uuid(reset.UserId).Text(stamps.Concurrency),
                .. Notices(reset.UserId, stamps.Concurrency, reset.Notice),
            ],
            before: Command(LockAddress).Uuid(reset.UserId));
    }

    /// <summary>The address that comes back is locked like one that is being confirmed, before the person: that is the order everywhere.</summary>
    public Task<Ended?> RepudiateAsync(Repudiation repudiation)
    {
        var stamps = Stamps.New();
        return EndAsync(
            repudiation.UserId,
            Repudiation.LockReason,
            [
                Command(Repudiate).Uuid(repudiation.UserId).Text(stamps.Security).Text(stamps.Concurrency)
                    .Uuid(repudiation.Link.Id).Text(repudiation.Purpose).Bytes(repudiation.Link.SecretHash).Boolean(repudiation.Lock),
                .. s_repudiations.Statements.Select(statement => Command(statement).Uuid(repudiation.UserId).Text(stamps.Concurrency)
                    .Time(repudiation.Since).Text(repudiation.Country)),
                .. Notices(repudiation.UserId, stamps.Concurrency, repudiation.Notice),
            ],
            before: Command($"SELECT pg_advisory_xact_lock(hashtextextended(upper(old.email), {AddressLock.Seed})) FROM ({s_repudiations.OldAddress}) AS old")
                .Uuid(repudiation.UserId).Text(null).Time(repudiation.Since));
    }

    public Task<Ended?> LockAsync(Guid userId, string reason)
    {
        var stamps = Stamps.New();
        return EndAsync(
            userId,
            "user_locked",
            [
                Command(Lock).Uuid(userId).Text(stamps.Security).Text(stamps.Concurrency).Text(reason),
                Command($"{ProvenEnds.EndTrust("$1")} AND {Applied}").Uuid(userId).Text(stamps.Concurrency),
                .. Notices(userId, stamps.Concurrency, OperatorNotices.Locked(reason)),
            ]);
    }

    public async Task<bool> UnlockAsync(Unlocking unlocking)
    {
        var stamps = Stamps.New();
        var userId = unlocking.UserId;
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(Command(Unlock).Uuid(userId).Text(stamps.Security).Text(stamps.Concurrency)
            .Boolean(unlocking.RemovePassword).Boolean(unlocking.RequireSecondFactor));
        if (unlocking.RequireSecondFactor)
        {
            batch.BatchCommands.Add(Command(Repudiations.SuspendTotp("$1", "clock_timestamp()", "TRUE")).Uuid(userId));
            batch.BatchCommands.Add(Command("DELETE FROM recovery_codes WHERE user_id = $1").Uuid(userId));
            batch.BatchCommands.Add(Command(s_repudiations.SuspendPasskeys).Uuid(userId).Text(stamps.Concurrency).Time(unlocking.Since));
            batch.BatchCommands.Add(Command(s_repudiations.SuspendLogins).Uuid(userId).Text(stamps.Concurrency).Time(unlocking.Since));
        }

        if (unlocking.RemovePassword || unlocking.RequireSecondFactor)
        {
            batch.BatchCommands.Add(Command(Repudiations.VoidWaysBack("$1")).Uuid(userId));
        }

        foreach (var command in Notices(userId, stamps.Concurrency, OperatorNotices.Unlocked(unlocking)))
        {
            batch.BatchCommands.Add(command);
        }

        await batch.ExecuteNonQueryAsync();
        return batch.BatchCommands[0].RecordsAffected == 1;
    }

    public async Task<Ended?> RequestDeletionAsync(DeletionRequest request)
    {
        var stamps = Stamps.New();
        var ended = await EndAsync(
            request.UserId,
            "deletion_requested",
            [
                Command(RequestDeletion).Uuid(request.UserId).Text(stamps.Security).Text(stamps.Concurrency).Interval(request.Grace).Bigint(request.UserEpoch),
                Command($"{ProvenEnds.EndTrust("$1")} AND {Applied}").Uuid(request.UserId).Text(stamps.Concurrency),
                .. Notices(request.UserId, stamps.Concurrency, request.Notice),
            ]);
        outbox.Set();
        return ended;
    }

    public async Task<bool> CancelDeletionAsync(Guid userId, ChangeNotice notice)
    {
        var stamp = Stamps.New().Concurrency;
        await using var batch = database.CreateBatch();
        foreach (var command in (NpgsqlBatchCommand[])[Command(CancelDeletion).Uuid(userId).Text(stamp), .. Notices(userId, stamp, notice)])
        {
            batch.BatchCommands.Add(command);
        }

        await batch.ExecuteNonQueryAsync();
        return batch.BatchCommands[0].RecordsAffected == 1;
    }

    public Task<Ended?> DeleteAsync(Guid userId, bool onlyIfDue = false)
    {
        var stamps = Stamps.New();
        return EndAsync(
            userId,
            "user_deleted",
            [
                Command(Delete).Uuid(userId).Text(stamps.Security).Text(stamps.Concurrency).Text("deleted").Boolean(onlyIfDue),
                .. Notices(userId, stamps.Concurrency, new ChangeNotice(AccountEventTypes.AccountDeleted, new EventOrigin())),
            ],
            [.. PersonRows.Deletions("$1", "\"ConcurrencyStamp\" = $2").Select(statement => Command(statement).Uuid(userId).Text(stamps.Concurrency))]);
    }

    /// <summary>
    /// Codes are looked for by their expiry, which is indexed (hence the statement's time, which is one value) and lies within a minute. A
    /// redemption in flight holds its code, which may have expired meanwhile: it is waited for, and then its grant is seen by the statement
    /// that revokes.
    /// </summary>
    public async Task<int> WithdrawConsentAsync(Guid userId, string clientId)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(Command("DELETE FROM consents WHERE subject_id = $1 AND client_id = $2").Uuid(userId).Text(clientId));
        batch.BatchCommands.Add(Command("""
            DELETE FROM authorization_codes
            WHERE expires_at > statement_timestamp() - interval '1 minute' AND subject_id = $1 AND client_id = $2 AND redeemed_at IS NULL
            """).Uuid(userId).Text(clientId));
        batch.BatchCommands.Add(Command(s_revokeClient).Uuid(userId).Text("consent_withdrawn").Text(clientId));
        await batch.ExecuteNonQueryAsync();
        return (int)batch.BatchCommands[2].RecordsAffected;
    }

    private async Task<Ended?> EndAsync(
        Guid userId, string reason, NpgsqlBatchCommand[] change, NpgsqlBatchCommand[]? removal = null, NpgsqlBatchCommand? before = null)
    {
        await using var batch = database.CreateBatch();
        var (sessions, grants) = (Command(s_endSessions).Uuid(userId).Text(reason), Command(s_revokeGrants).Uuid(userId).Text(reason));
        foreach (var command in (NpgsqlBatchCommand[])[.. before is null ? [] : (NpgsqlBatchCommand[])[before], .. change, sessions, grants, .. removal ?? []])
        {
            batch.BatchCommands.Add(command);
        }

        var (ended, told) = (0, false);
        await using (var reader = await batch.ExecuteReaderAsync())
        {
            // To the end, so that every statement has run and reported.
            do
            {
                var ofSessions = reader.FieldCount > 0 && reader.GetName(0) == "clients";
                while (await reader.ReadAsync())
                {
                    ended += ofSessions ? 1 : 0;
                    told |= ofSessions && reader.GetFieldValue<string[]>(0).Length > 0;
                }
            }
            while (await reader.NextResultAsync());
        }

        if (told || change[0].RecordsAffected == 1)
        {
            outbox.Set();
        }

        return change[0].RecordsAffected == 1 ? new Ended(ended, (int)grants.RecordsAffected) : null;
    }

    /// <summary>The event, and the mail if there is one.</summary>
    private static IEnumerable<NpgsqlBatchCommand> Notices(Guid userId, string stamp, ChangeNotice notice)
    {
        var origin = notice.Origin;
        yield return Command(NoticeSql.PostgresEvent).Uuid(userId).Text(stamp).Text(notice.EventType).Uuid(notice.SessionId)
            .Text(origin.Network).Text(origin.UserAgent).Text(origin.RemoteAddress).Text(notice.Detail);
        if (notice.Mail is { } template)
        {
            yield return Command(NoticeSql.PostgresMail).Uuid(userId).Text(stamp).Text(template).Text(origin.RemoteAddress ?? "–")
                .Text(JsonSerializer.Serialize(notice.MailValues));
        }
    }

    private static string Revoke(string condition) => $"""
        WITH due AS MATERIALIZED (
            SELECT g.id FROM grants g WHERE g.revoked_at IS NULL AND {condition} ORDER BY g.id FOR NO KEY UPDATE)
        UPDATE grants g SET revoked_at = clock_timestamp(), revoked_reason = $2 FROM due WHERE g.id = due.id AND g.revoked_at IS NULL
        """;

    private static NpgsqlBatchCommand Command(string statement) => new(statement);
}
