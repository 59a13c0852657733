using IdentityProvider.Protocol.Interactions;
using IdentityProvider.Protocol.Subjects;
using IdentityProvider.Storage.Database;
using Npgsql;

namespace IdentityProvider.Storage.Interactions;

internal sealed class PostgresInteractionStore(NpgsqlDataSource database) : IInteractionStore
{
    private const string Insert = """
        INSERT INTO interactions (handle_hash, browser_hash, kind, client_id, parameters, ended_session_id, ended_clients, created_at, expires_at)
        SELECT $1, $2, $3, $4, $5, $7, $8, t.now, t.now + $6 FROM (SELECT clock_timestamp() AS now) t
        """;

    private const string Find = """
        SELECT browser_hash, kind, client_id, parameters, created_at, expires_at <= clock_timestamp(),
            consent_session_id, consent_scopes, selected_session_id, ended_session_id, ended_clients, step_up_declined_session_id
        FROM interactions WHERE handle_hash = $1
        """;

    public async Task CreateAsync(NewInteraction interaction, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Insert);
        await command
            .Bytes(interaction.HandleHash).Bytes(interaction.BrowserHash).Integer((int)interaction.Kind).Text(interaction.ClientId)
            .Text(interaction.Parameters).Interval(interaction.Lifetime).Uuid(interaction.Ended?.SessionId).Texts(interaction.Ended?.Clients)
            .ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<Interaction?> FindAsync(byte[] handleHash, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Find);
        await using var reader = await command.Bytes(handleHash).ExecuteReaderAsync(cancellationToken);
        return !await reader.ReadAsync(cancellationToken) ? null : new Interaction
        {
            HandleHash = handleHash,
            BrowserHash = reader.GetFieldValue<byte[]>(0),
            Kind = (InteractionKind)reader.GetInt32(1),
            ClientId = reader.GetStringOrNull(2),
            Parameters = reader.GetString(3),
            CreatedAt = reader.GetFieldValue<DateTimeOffset>(4),
            Expired = reader.GetBoolean(5),
            Consent = reader.GetGuidOrNull(6) is { } session
                ? new ConsentDecision(session, reader.IsDBNull(7) ? null : reader.GetFieldValue<string[]>(7))
                : null,
            SelectedSessionId = reader.GetGuidOrNull(8),
            Ended = reader.GetGuidOrNull(9) is { } ended ? new EndedSession(ended, reader.GetFieldValue<string[]>(10)) : null,
            StepUpDeclinedSessionId = reader.GetGuidOrNull(11),
        };
    }

    public async Task SetConsentAsync(byte[] handleHash, ConsentDecision decision, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            "UPDATE interactions SET consent_session_id = $2, consent_scopes = $3 WHERE handle_hash = $1");
        await command.Bytes(handleHash).Uuid(decision.SessionId).Texts(decision.Scopes).ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task SetSelectedSessionAsync(byte[] handleHash, Guid sessionId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("UPDATE interactions SET selected_session_id = $2 WHERE handle_hash = $1");
        await command.Bytes(handleHash).Uuid(sessionId).ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task SetStepUpDeclinedAsync(byte[] handleHash, Guid sessionId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand("UPDATE interactions SET step_up_declined_session_id = $2 WHERE handle_hash = $1");
        await command.Bytes(handleHash).Uuid(sessionId).ExecuteNonQueryAsync(cancellationToken);
    }
}
