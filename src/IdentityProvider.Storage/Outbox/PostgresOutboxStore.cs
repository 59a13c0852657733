using IdentityProvider.Protocol.Outbox;
using IdentityProvider.Storage.Database;
using Npgsql;

namespace IdentityProvider.Storage.Outbox;

internal sealed class PostgresOutboxStore(NpgsqlDataSource database) : IOutboxStore
{
    /// <summary>One statement: rows that another instance is just claiming are skipped, not waited for.</summary>
    private const string Claim = """
        WITH due AS MATERIALIZED (
            SELECT id FROM outbox WHERE due_at <= statement_timestamp() AND given_up_at IS NULL AND kind = $1
            ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)
        UPDATE outbox o SET attempts = o.attempts + 1, due_at = clock_timestamp() + $3, last_error = NULL
        FROM due WHERE o.id = due.id
        RETURNING o.id, o.kind, o.payload, o.attempts, o.refusals, clock_timestamp()
        """;

    public async Task<IReadOnlyList<OutboxMessage>> ClaimAsync(string kind, int count, TimeSpan lease, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Claim);
        await using var reader = await command.Text(kind).Integer(count).Interval(lease).ExecuteReaderAsync(cancellationToken);
        var claimed = new List<OutboxMessage>();
        while (await reader.ReadAsync(cancellationToken))
        {
            claimed.Add(new OutboxMessage(
                reader.GetInt64(0), reader.GetString(1), reader.GetString(2), reader.GetInt32(3), reader.GetInt32(4), reader.GetFieldValue<DateTimeOffset>(5)));
        }

        return claimed;
    }

    public async Task<bool> PostponeAsync(OutboxMessage message, TimeSpan delay, string reason, bool refused = false)
    {
        await using var command = database.CreateCommand("""
            UPDATE outbox SET due_at = clock_timestamp() + $3, last_error = $4, refusals = refusals + $5
            WHERE id = $1 AND attempts = $2 AND given_up_at IS NULL AND expires_at > clock_timestamp() + $3
            """);
        return await command.Bigint(message.Id).Integer(message.Attempt).Interval(delay).Text(reason).Integer(refused ? 1 : 0).ExecuteNonQueryAsync() == 1;
    }

    public async Task<bool> GiveUpAsync(OutboxMessage message, string reason)
    {
        await using var command = database.CreateCommand("""
            UPDATE outbox SET given_up_at = clock_timestamp(), expires_at = clock_timestamp() + $3, last_error = $4 WHERE id = $1 AND attempts = $2
            """);
        return await command.Bigint(message.Id).Integer(message.Attempt).Interval(OutboxRow.Retention).Text(reason).ExecuteNonQueryAsync() == 1;
    }

    public async Task<bool> RemoveAsync(OutboxMessage message)
    {
        await using var command = database.CreateCommand("DELETE FROM outbox WHERE id = $1 AND attempts = $2");
        return await command.Bigint(message.Id).Integer(message.Attempt).ExecuteNonQueryAsync() == 1;
    }
}
