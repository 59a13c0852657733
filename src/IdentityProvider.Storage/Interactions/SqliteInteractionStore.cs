using IdentityProvider.Protocol.Interactions;
using IdentityProvider.Protocol.Subjects;
using IdentityProvider.Storage.Database;

namespace IdentityProvider.Storage.Interactions;

internal sealed class SqliteInteractionStore(SqliteDataSource database, TimeProvider time) : IInteractionStore
{
    private const string Insert = """
        INSERT INTO interactions (handle_hash, browser_hash, kind, client_id, parameters, ended_session_id, ended_clients, created_at, expires_at)
        VALUES ($hash, $browser, $kind, $client, $parameters, $ended, $endedClients, $now, $expires)
        """;

    private const string Select = """
        SELECT browser_hash, kind, client_id, parameters, created_at, expires_at, consent_session_id, consent_scopes, selected_session_id,
            ended_session_id, ended_clients, step_up_declined_session_id
        FROM interactions WHERE handle_hash = $hash
        """;

    public Task CreateAsync(NewInteraction interaction, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        using var connection = database.OpenConnection();
        connection.Execute(
            Insert,
            ("$hash", interaction.HandleHash), ("$browser", interaction.BrowserHash), ("$kind", (int)interaction.Kind),
            ("$client", interaction.ClientId), ("$parameters", interaction.Parameters),
            ("$ended", interaction.Ended?.SessionId), ("$endedClients", interaction.Ended?.Clients), ("$now", now), ("$expires", now + interaction.Lifetime));
        return Task.CompletedTask;
    }

    public Task<Interaction?> FindAsync(byte[] handleHash, CancellationToken cancellationToken)
    {
        using var connection = database.OpenConnection();
        using var command = connection.Command(Select, ("$hash", handleHash));
        using var reader = command.ExecuteReader();
        return Task.FromResult(!reader.Read() ? null : new Interaction
        {
            HandleHash = handleHash,
            BrowserHash = reader.GetFieldValue<byte[]>(0),
            Kind = (InteractionKind)reader.GetInt32(1),
            ClientId = reader.GetStringOrNull(2),
            Parameters = reader.GetString(3),
            CreatedAt = reader.GetTime(4),
            Expired = reader.GetTime(5) <= time.GetUtcNow(),
            Consent = reader.GetGuidOrNull(6) is { } session
                ? new ConsentDecision(session, reader.IsDBNull(7) ? null : reader.GetJsonStrings(7))
                : null,
            SelectedSessionId = reader.GetGuidOrNull(8),
            Ended = reader.GetGuidOrNull(9) is { } ended ? new EndedSession(ended, reader.GetJsonStrings(10)) : null,
            StepUpDeclinedSessionId = reader.GetGuidOrNull(11),
        });
    }

    public Task SetConsentAsync(byte[] handleHash, ConsentDecision decision, CancellationToken cancellationToken)
    {
        using var connection = database.OpenConnection();
        connection.Execute(
            "UPDATE interactions SET consent_session_id = $session, consent_scopes = $scopes WHERE handle_hash = $hash",
            ("$hash", handleHash), ("$session", decision.SessionId), ("$scopes", decision.Scopes));
        return Task.CompletedTask;
    }

    public Task SetSelectedSessionAsync(byte[] handleHash, Guid sessionId, CancellationToken cancellationToken)
    {
        using var connection = database.OpenConnection();
        connection.Execute(
            "UPDATE interactions SET selected_session_id = $session WHERE handle_hash = $hash",
            ("$hash", handleHash), ("$session", sessionId));
        return Task.CompletedTask;
    }

    public Task SetStepUpDeclinedAsync(byte[] handleHash, Guid sessionId, CancellationToken cancellationToken)
    {
        using var connection = database.OpenConnection();
        connection.Execute(
            "UPDATE interactions SET step_up_declined_session_id = $session WHERE handle_hash = $hash",
            ("$hash", handleHash), ("$session", sessionId));
        return Task.CompletedTask;
    }
}
