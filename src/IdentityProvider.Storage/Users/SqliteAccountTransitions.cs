using System.Globalization;
using System.Text.Json;
using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.OneTimeTokens;
using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Protocol.Outbox;
using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Events;
using IdentityProvider.Storage.Sessions;
using Microsoft.Data.Sqlite;

namespace IdentityProvider.Storage.Users;

/// <summary>Each transition is one IMMEDIATE transaction, which takes the only write lock before it reads.</summary>
internal sealed class SqliteAccountTransitions(SqliteDataSource database, TimeProvider time, OutboxSignal outbox) : IAccountTransitions
{
    private const string Stamp = """ "SecurityStamp" = $security, "ConcurrencyStamp" = $concurrency """;

    private const string Raise = $""" "Epoch" = "Epoch" + 1, {Stamp} """;

    /// <summary>Who is locked cannot call a deletion off, and may not be who has asked for it.</summary>
    private const string Lock = $"""
        UPDATE "AspNetUsers" SET {Raise}, "DisabledAt" = coalesce("DisabledAt", $now), "DisabledReason" = $reason, "DeleteAfter" = NULL WHERE "Id" = $user
        """;

    private const string Reset = $"""
        UPDATE "AspNetUsers" SET {Raise}, "PasswordHash" = $hash, "HasShortPassword" = $short, "PasswordChangeReason" = NULL WHERE "Id" = $user
        """;

    private const string UseLink = """
        UPDATE one_time_tokens AS t SET used_at = $now
        WHERE t.id = $token AND t.purpose = $purpose AND t.secret_hash = $secret AND t.user_id = $user AND t.used_at IS NULL AND t.expires_at > $now
            AND t.tries_left > 0
            AND (t.security_stamp IS NULL OR t.security_stamp = (SELECT u."SecurityStamp" FROM "AspNetUsers" u WHERE u."Id" = $user))
        """;

    /// <summary>An operator's lock stays.</summary>
    private const string TakeOwnLockOff = $"""
        UPDATE "AspNetUsers" SET "DisabledAt" = NULL, "DisabledReason" = NULL WHERE "Id" = $user AND "DisabledReason" = '{Repudiation.LockReason}'
        """;

    private const string Repudiate = $"""
        UPDATE "AspNetUsers" SET {Raise}, "PasswordHash" = NULL, "HasShortPassword" = FALSE, "PasswordChangeReason" = NULL, "DeleteAfter" = NULL,
            "DisabledReason" = CASE WHEN $lock AND "DisabledAt" IS NULL THEN '{Repudiation.LockReason}' ELSE "DisabledReason" END,
            "DisabledAt" = CASE WHEN $lock THEN coalesce("DisabledAt", $now) ELSE "DisabledAt" END
        WHERE "Id" = $user
        """;

    private const string Change = $"""{Reset} AND "Epoch" = $epoch AND "DisabledAt" IS NULL""";

    private const string Keep = """
        UPDATE sessions SET user_epoch = user_epoch + 1, previous_handle_hash = handle_hash, handle_hash = $handle
        WHERE id = $session AND user_id = $user AND user_epoch = $epoch AND ended_at IS NULL
        """;

    private const string RequestDeletion = $"""
        UPDATE "AspNetUsers" SET {Raise}, "DeleteAfter" = $after WHERE "Id" = $user AND "Epoch" = $epoch AND "DisabledAt" IS NULL
        """;

    private const string CancelDeletion = """
        UPDATE "AspNetUsers" SET "ConcurrencyStamp" = $stamp, "DeleteAfter" = NULL WHERE "Id" = $user AND "DeleteAfter" IS NOT NULL AND "DisabledAt" IS NULL
        """;

    private const string Delete = $"""{Lock} AND (NOT $due OR "DeleteAfter" <= $now)""";

    private const string Unlock = $"""
        UPDATE "AspNetUsers" SET {Stamp}, "DisabledAt" = NULL, "DisabledReason" = NULL, "PasswordHash" = CASE WHEN $remove THEN NULL ELSE "PasswordHash" END,
            "MustEnrolSecondFactor" = "MustEnrolSecondFactor" OR $enrol
        WHERE "Id" = $user
        """;

    private static readonly string s_sessions = EpochEnds.Sessions("$user");

    private static readonly string s_grants = EpochEnds.Grants("$user");

    private static readonly Repudiations s_repudiations = new("$user", "$since", "$country", "$now", "TRUE")
    {
        PasskeyTime = """(p."Data" ->> 'CreatedAt')""",
        PasskeyKey = """hex(p."CredentialId")""",
        Content = "t.content",
    };

    public Task<Ended?> ChangePasswordAsync(PasswordChange change) => Transact((connection, now) =>
    {
        if (!Stamped(connection, Change, change.UserId, ("$hash", change.PasswordHash), ("$short", change.ShortPassword), ("$epoch", change.UserEpoch)))
        {
            return null;
        }

        connection.Execute(
            Keep, ("$user", change.UserId), ("$session", change.SessionId), ("$handle", change.HandleHash), ("$epoch", change.UserEpoch));
        return Tell(connection, change.UserId, change.Notice, End(connection, change.UserId, "password_changed", now), now);
    });

    public Task<Ended?> ResetPasswordAsync(Guid userId, string passwordHash, bool shortPassword = false) => Transact((connection, now) =>
    {
        if (!Stamped(connection, Reset, userId, ("$hash", passwordHash), ("$short", shortPassword)))
        {
            return null;
        }

        connection.Execute(ProvenEnds.RevokeDevices("$user", "$now"), ("$user", userId), ("$now", now));
        connection.Execute(PersonRows.PasswordFailures("$user"), ("$user", userId));
        return Tell(connection, userId, OperatorNotices.PasswordReset, End(connection, userId, "password_reset", now), now);
    });

    public Task<Ended?> ResetPasswordAsync(ProvenReset reset) => Transact((connection, now) =>
    {
        var user = ("$user", (object?)reset.UserId);
        if (!Use(connection, reset.UserId, reset.Purpose, reset.Link, now)
            || !Stamped(connection, Reset, reset.UserId, ("$hash", reset.PasswordHash), ("$short", reset.ShortPassword)))
        {
            return null;
        }

        foreach (var statement in ProvenEnds.Removals("$user", ProvenEnds.Unconfirmed("$user")))
        {
            connection.Execute(statement, user);
        }

        connection.Execute(TakeOwnLockOff, user);
        connection.Execute(ProvenEnds.Confirm("$user"), user);
        connection.Execute(ProvenEnds.RevokeDevices("$user", "$now"), user, ("$now", now));
        connection.Execute(PersonRows.PasswordFailures("$user"), user);
        return Tell(connection, reset.UserId, reset.Notice, End(connection, reset.UserId, "password_reset", now), now);
    });

    public Task<Ended?> RepudiateAsync(Repudiation repudiation) => Transact((connection, now) =>
    {
        var userId = repudiation.UserId;
        if (!Use(connection, userId, repudiation.Purpose, repudiation.Link, now)
            || !Stamped(connection, Repudiate, userId, ("$lock", repudiation.Lock), ("$now", now)))
        {
            return null;
        }

        foreach (var statement in s_repudiations.Statements)
        {
            connection.Execute(
                statement, ("$user", userId), ("$since", repudiation.Since), ("$country", repudiation.Country), ("$now", now));
        }

        return Tell(connection, userId, repudiation.Notice, End(connection, userId, Repudiation.LockReason, now), now);
    });

    public Task<Ended?> LockAsync(Guid userId, string reason) => Transact((connection, now) =>
        Stamped(connection, Lock, userId, ("$reason", reason), ("$now", now))
            ? Tell(connection, userId, OperatorNotices.Locked(reason), End(connection, userId, "user_locked", now), now)
            : null);

    public Task<bool> UnlockAsync(Unlocking unlocking)
    {
        var (userId, now) = (unlocking.UserId, time.GetUtcNow());
        using var connection = database.OpenConnection();
        using var transaction = connection.BeginTransaction(deferred: false);
        var unlocked = Stamped(connection, Unlock, userId, ("$remove", unlocking.RemovePassword), ("$enrol", unlocking.RequireSecondFactor));
        if (unlocked)
        {
            Tell(connection, userId, OperatorNotices.Unlocked(unlocking), now);
        }

        if (unlocking.RequireSecondFactor)
        {
            connection.Execute(Repudiations.SuspendTotp("$user", "$now", "TRUE"), ("$user", userId), ("$now", now));
            connection.Execute("DELETE FROM recovery_codes WHERE user_id = $user", ("$user", userId));
            foreach (var statement in (string[])[s_repudiations.SuspendPasskeys, s_repudiations.SuspendLogins])
            {
                connection.Execute(statement, ("$user", userId), ("$since", unlocking.Since), ("$now", now));
            }
        }

        if (unlocking.RemovePassword || unlocking.RequireSecondFactor)
        {
            connection.Execute(Repudiations.VoidWaysBack("$user"), ("$user", userId));
        }

        transaction.Commit();
        return Task.FromResult(unlocked);
    }

    public async Task<Ended?> RequestDeletionAsync(DeletionRequest request)
    {
        var ended = await Transact((connection, now) =>
        {
            if (!Stamped(connection, RequestDeletion, request.UserId, ("$after", now + request.Grace), ("$epoch", request.UserEpoch)))
            {
                return null;
            }

            return Tell(connection, request.UserId, request.Notice, End(connection, request.UserId, "deletion_requested", now), now);
        });
        outbox.Set();
        return ended;
    }

    public Task<bool> CancelDeletionAsync(Guid userId, ChangeNotice notice)
    {
        using var connection = database.OpenConnection();
        using var transaction = connection.BeginTransaction(deferred: false);
        var kept = connection.Execute(CancelDeletion, ("$user", userId), ("$stamp", Stamps.New().Concurrency)) == 1;
        if (kept)
        {
            Tell(connection, userId, notice, time.GetUtcNow());
        }

        transaction.Commit();
        return Task.FromResult(kept);
    }

    public Task<Ended?> DeleteAsync(Guid userId, bool onlyIfDue = false) => Transact((connection, now) =>
    {
        if (!Stamped(connection, Delete, userId, ("$reason", "deleted"), ("$now", now), ("$due", onlyIfDue)))
        {
            return null;
        }

        Tell(connection, userId, new ChangeNotice(AccountEventTypes.AccountDeleted, new EventOrigin()), now);
        var ended = End(connection, userId, "user_deleted", now);
        foreach (var statement in PersonRows.Deletions("$user", "\"Id\" = $user"))
        {
            connection.Execute(statement, ("$user", userId));
        }

        return ended;
    });

    public Task<int> WithdrawConsentAsync(Guid userId, string clientId)
    {
        var now = time.GetUtcNow();
        using var connection = database.OpenConnection();
        using var transaction = connection.BeginTransaction(deferred: false);
        connection.Execute("DELETE FROM consents WHERE subject_id = $user AND client_id = $client", ("$user", userId), ("$client", clientId));
        connection.Execute(
            "DELETE FROM authorization_codes WHERE expires_at > $now AND subject_id = $user AND client_id = $client AND redeemed_at IS NULL",
            ("$user", userId), ("$client", clientId), ("$now", now));
        var revoked = connection.Execute(
            "UPDATE grants SET revoked_at = $now, revoked_reason = 'consent_withdrawn' WHERE subject_id = $user AND client_id = $client AND revoked_at IS NULL",
            ("$user", userId), ("$client", clientId), ("$now", now));
        transaction.Commit();
        return Task.FromResult(revoked);
    }

    private Task<Ended?> Transact(Func<SqliteConnection, DateTimeOffset, (Ended Ended, bool Told)?> transition)
    {
        using var connection = database.OpenConnection();
        using var transaction = connection.BeginTransaction(deferred: false);
        var result = transition(connection, time.GetUtcNow());
        transaction.Commit();
        if (result is { Told: true })
        {
            outbox.Set();
        }

        return Task.FromResult(result?.Ended);
    }

    private static bool Stamped(
        SqliteConnection connection, string statement, Guid userId, params ReadOnlySpan<(string Name, object? Value)> parameters)
    {
        var stamps = Stamps.New();
        return connection.Execute(
            statement, [.. parameters, ("$user", userId), ("$security", stamps.Security), ("$concurrency", stamps.Concurrency)]) == 1;
    }

    private static bool Use(SqliteConnection connection, Guid userId, string purpose, OneTimeLink link, DateTimeOffset now) => connection.Execute(
        UseLink, ("$user", userId), ("$token", link.Id), ("$purpose", purpose), ("$secret", link.SecretHash), ("$now", now)) == 1;

    /// <summary>Where there is a mail, the outbox has to be woken.</summary>
    private static (Ended Ended, bool Told)? Tell(SqliteConnection connection, Guid userId, ChangeNotice notice, (Ended Ended, bool Told) ended, DateTimeOffset now)
    {
        Tell(connection, userId, notice, now);
        return (ended.Ended, ended.Told || notice.Mail is not null);
    }

    private static void Tell(SqliteConnection connection, Guid userId, ChangeNotice notice, DateTimeOffset now)
    {
        var origin = notice.Origin;
        connection.Execute(
            NoticeSql.SqliteEvent,
            ("$type", notice.EventType), ("$now", now), ("$user", userId), ("$session", notice.SessionId),
            ("$network", origin.Network), ("$agent", origin.UserAgent), ("$address", origin.RemoteAddress), ("$detail", notice.Detail));
        if (notice.Mail is { } template)
        {
            connection.Execute(
                NoticeSql.SqliteMail,
                ("$template", template), ("$user", userId), ("$address", origin.RemoteAddress ?? "–"),
                ("$time", now.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture)),
                ("$values", JsonSerializer.Serialize(notice.MailValues)), ("$now", now), ("$expires", now + OutgoingMail.UsualLifetime));
        }
    }

    private static (Ended Ended, bool Told) End(SqliteConnection connection, Guid userId, string reason, DateTimeOffset now)
    {
        connection.Execute(ProvenEnds.EndTrust("$user"), ("$user", userId));
        var sessions = SessionEnds.End(connection, s_sessions, reason, now, ("$user", userId));
        var grants = connection.Execute(
            $"UPDATE grants AS g SET revoked_at = $now, revoked_reason = $reason WHERE g.revoked_at IS NULL AND {s_grants}",
            ("$user", userId), ("$reason", reason), ("$now", now));
        return (new Ended(sessions.Count, grants), sessions.Any(session => session.Clients.Count > 0));
    }
}
