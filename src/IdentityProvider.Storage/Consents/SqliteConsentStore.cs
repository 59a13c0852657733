using IdentityProvider.Protocol.Consents;
using IdentityProvider.Storage.Database;
using Microsoft.Data.Sqlite;

namespace IdentityProvider.Storage.Consents;

internal sealed class SqliteConsentStore(SqliteDataSource database, TimeProvider time) : IConsentStore
{
    private const string Upsert = """
        INSERT INTO consents (subject_id, client_id, scopes, granted_at, expires_at) VALUES ($subject, $client, $scopes, $now, $expires)
        ON CONFLICT (subject_id, client_id) DO UPDATE SET scopes = $scopes, granted_at = $now, expires_at = $expires
        """;

    public Task<Consent?> FindAsync(Guid subjectId, string clientId, CancellationToken cancellationToken)
    {
        using var connection = database.OpenConnection();
        return Task.FromResult(Find(connection, subjectId, clientId, time.GetUtcNow()));
    }

    public Task SaveAsync(Guid subjectId, string clientId, ConsentAnswer answer, TimeSpan? lifetime, CancellationToken cancellationToken)
    {
        using var connection = database.OpenConnection();
        using var transaction = connection.BeginTransaction(deferred: false);
        var now = time.GetUtcNow();
        var earlier = Find(connection, subjectId, clientId, now)?.Scopes ?? [];
        connection.Execute(
            Upsert,
            ("$subject", subjectId), ("$client", clientId), ("$scopes", earlier.Except([.. answer.Refused, .. answer.Allowed]).Concat(answer.Allowed).ToArray()),
            ("$now", now), ("$expires", now + lifetime));
        transaction.Commit();
        return Task.CompletedTask;
    }

    private static Consent? Find(SqliteConnection connection, Guid subjectId, string clientId, DateTimeOffset now)
    {
        using var command = connection.Command(
            """
            SELECT scopes, granted_at, expires_at FROM consents
            WHERE subject_id = $subject AND client_id = $client AND (expires_at IS NULL OR expires_at > $now)
            """,
            ("$subject", subjectId), ("$client", clientId), ("$now", now));
        using var reader = command.ExecuteReader();
        return reader.Read() ? new Consent(reader.GetJsonStrings(0), reader.GetTime(1), reader.GetTimeOrNull(2)) : null;
    }
}
