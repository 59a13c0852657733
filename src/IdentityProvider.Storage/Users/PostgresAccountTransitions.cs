using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Protocol.Outbox;
using IdentityProvider.Storage.Database;
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

    private const string Lock = $"""
        UPDATE "AspNetUsers" SET {Raise}, "DisabledAt" = coalesce("DisabledAt", clock_timestamp()), "DisabledReason" = $4 WHERE "Id" = $1
        """;

    private const string Reset = $"""UPDATE "AspNetUsers" SET {Raise}, "PasswordHash" = $4 WHERE "Id" = $1""";

    private const string Change = $"""{Reset} AND "Epoch" = $5 AND "DisabledAt" IS NULL""";

    /// <summary>The stamp says that the change has applied: an epoch alone might have been raised by somebody else.</summary>
    private const string Keep = """
        UPDATE sessions s SET user_epoch = u."Epoch", handle_hash = $4
        FROM "AspNetUsers" u
        WHERE s.id = $3 AND s.user_id = $1 AND s.user_epoch = $5 AND s.ended_at IS NULL AND u."Id" = $1 AND u."ConcurrencyStamp" = $2
        """;

    private const string Unlock = $"""
        UPDATE "AspNetUsers" SET {Stamp}, "DisabledAt" = NULL, "DisabledReason" = NULL, "PasswordHash" = CASE WHEN $4 THEN NULL ELSE "PasswordHash" END
        WHERE "Id" = $1
        """;

    private static readonly string s_endSessions = SessionEnds.Postgres(EpochEnds.Sessions("$1"));

    private static readonly string s_revokeGrants = Revoke(EpochEnds.Grants("$1"));

    private static readonly string s_revokeClient = Revoke("g.subject_id = $1 AND g.client_id = $3");

    public Task<Ended?> ChangePasswordAsync(PasswordChange change)
    {
        var stamps = Stamps.New();
        return EndAsync(
            change.UserId,
            "password_changed",
            [
                Command(Change).Uuid(change.UserId).Text(stamps.Security).Text(stamps.Concurrency).Text(change.PasswordHash).Bigint(change.UserEpoch),
                Command(Keep).Uuid(change.UserId).Text(stamps.Concurrency).Uuid(change.SessionId).Bytes(change.HandleHash).Bigint(change.UserEpoch),
            ]);
    }

    public Task<Ended?> ResetPasswordAsync(Guid userId, string passwordHash) =>
        EndAsync(userId, "password_reset", [Stamped(Reset, userId).Text(passwordHash)]);

    public Task<Ended?> LockAsync(Guid userId, string reason) =>
        EndAsync(userId, "user_locked", [Stamped(Lock, userId).Text(reason)]);

    public async Task<bool> UnlockAsync(Guid userId, bool removePassword)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(Stamped(Unlock, userId).Boolean(removePassword));
        return await batch.ExecuteNonQueryAsync() == 1;
    }

    public Task<Ended?> DeleteAsync(Guid userId) => EndAsync(
        userId,
        "user_deleted",
        [Stamped(Lock, userId).Text("deleted")],
        [.. PersonRows.Deletions("$1").Select(statement => Command(statement).Uuid(userId))]);

    /// <summary>
    /// Codes are looked for by their expiry, which is indexed (hence the statement's time, which is one value) and lies within a minute. A redemption in flight holds its code: it is waited
    /// for, and then its grant is seen by the statement that revokes.
    /// </summary>
    public async Task<int> WithdrawConsentAsync(Guid userId, string clientId)
    {
        await using var batch = database.CreateBatch();
        batch.BatchCommands.Add(Command("DELETE FROM consents WHERE subject_id = $1 AND client_id = $2").Uuid(userId).Text(clientId));
        batch.BatchCommands.Add(Command("""
            DELETE FROM authorization_codes
            WHERE expires_at > statement_timestamp() AND subject_id = $1 AND client_id = $2 AND redeemed_at IS NULL
            """).Uuid(userId).Text(clientId));
        batch.BatchCommands.Add(Command(s_revokeClient).Uuid(userId).Text("consent_withdrawn").Text(clientId));
        await batch.ExecuteNonQueryAsync();
        return (int)batch.BatchCommands[2].RecordsAffected;
    }

    private async Task<Ended?> EndAsync(Guid userId, string reason, NpgsqlBatchCommand[] change, NpgsqlBatchCommand[]? removal = null)
    {
        await using var batch = database.CreateBatch();
        var (sessions, grants) = (Command(s_endSessions).Uuid(userId).Text(reason), Command(s_revokeGrants).Uuid(userId).Text(reason));
        foreach (var command in (NpgsqlBatchCommand[])[.. change, sessions, grants, .. removal ?? []])
        {
            batch.BatchCommands.Add(command);
        }

        var (ended, told) = (0, false);
        await using (var reader = await batch.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                ended++;
                told |= reader.GetFieldValue<string[]>(0).Length > 0;
            }

            while (await reader.NextResultAsync())
            {
                // To the end, so that every statement has run and reported.
            }
        }

        if (told)
        {
            outbox.Set();
        }

        return change[0].RecordsAffected == 1 ? new Ended(ended, (int)grants.RecordsAffected) : null;
    }

    private static string Revoke(string condition) => $"""
        WITH due AS MATERIALIZED (
            SELECT g.id FROM grants g WHERE g.revoked_at IS NULL AND {condition} ORDER BY g.id FOR NO KEY UPDATE)
        UPDATE grants g SET revoked_at = clock_timestamp(), revoked_reason = $2 FROM due WHERE g.id = due.id AND g.revoked_at IS NULL
        """;

    private static NpgsqlBatchCommand Stamped(string statement, Guid userId)
    {
        var stamps = Stamps.New();
        return Command(statement).Uuid(userId).Text(stamps.Security).Text(stamps.Concurrency);
    }

    private static NpgsqlBatchCommand Command(string statement) => new(statement);
}
