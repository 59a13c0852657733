using IdentityProvider.Protocol.Outbox;
using IdentityProvider.Storage.Database;

namespace IdentityProvider.Storage.Outbox;

internal sealed class SqliteOutboxStore(SqliteDataSource database, TimeProvider time) : IOutboxStore
{
    /// <summary>Looked for first, since a look takes no write lock and nearly always finds nothing.</summary>
    private const string AnyDue = "SELECT EXISTS (SELECT 1 FROM outbox WHERE due_at <= $now AND given_up_at IS NULL AND kind = $kind)";

    private const string Claim = """
        UPDATE outbox SET attempts = attempts + 1, due_at = $leased, last_error = NULL
        WHERE id IN (
            SELECT id FROM outbox WHERE due_at <= $now AND given_up_at IS NULL AND kind = $kind ORDER BY due_at LIMIT $count)
        RETURNING id, kind, payload, attempts, refusals
        """;

    public Task<IReadOnlyList<OutboxMessage>> ClaimAsync(string kind, int count, TimeSpan lease, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        using var connection = database.OpenConnection();
        using var look = connection.Command(AnyDue, ("$kind", kind), ("$now", now));
        if (look.ExecuteScalar() is 0L)
        {
            return Task.FromResult<IReadOnlyList<OutboxMessage>>([]);
        }

        using var command = connection.Command(Claim, ("$kind", kind), ("$count", count), ("$now", now), ("$leased", now + lease));
        using var reader = command.ExecuteReader();
        var claimed = new List<OutboxMessage>();
        while (reader.Read())
        {
            claimed.Add(new OutboxMessage(reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetInt32(3), reader.GetInt32(4), now));
        }

        return Task.FromResult<IReadOnlyList<OutboxMessage>>(claimed);
    }

    public Task<bool> PostponeAsync(OutboxMessage message, TimeSpan delay, string reason, bool refused = false)
    {
        using var connection = database.OpenConnection();
        return Task.FromResult(1 == connection.Execute(
            "UPDATE outbox SET due_at = $due, last_error = $reason, refusals = refusals + $refused WHERE id = $id AND attempts = $attempt AND given_up_at IS NULL AND expires_at > $due",
            ("$id", message.Id), ("$attempt", message.Attempt), ("$due", time.GetUtcNow() + delay), ("$reason", reason), ("$refused", refused ? 1 : 0)));
    }

    public Task<bool> GiveUpAsync(OutboxMessage message, string reason)
    {
        var now = time.GetUtcNow();
        using var connection = database.OpenConnection();
        return Task.FromResult(1 == connection.Execute(
            "UPDATE outbox SET given_up_at = $now, expires_at = $kept, last_error = $reason WHERE id = $id AND attempts = $attempt",
            ("$id", message.Id), ("$attempt", message.Attempt), ("$now", now), ("$kept", now + OutboxRow.Retention), ("$reason", reason)));
    }

    public Task<bool> RemoveAsync(OutboxMessage message)
    {
        using var connection = database.OpenConnection();
        return Task.FromResult(
            1 == connection.Execute("DELETE FROM outbox WHERE id = $id AND attempts = $attempt", ("$id", message.Id), ("$attempt", message.Attempt)));
    }
}
