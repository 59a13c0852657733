using IdentityProvider.Protocol.Consents;
using IdentityProvider.Storage.Database;
using Npgsql;

namespace IdentityProvider.Storage.Consents;

internal sealed class PostgresConsentStore(NpgsqlDataSource database) : IConsentStore
{
    private const string Upsert = """
        INSERT INTO consents AS k (subject_id, client_id, scopes, granted_at, expires_at)
        SELECT $1, $2, $3, t.now, t.now + $4 FROM (SELECT clock_timestamp() AS now) t
        ON CONFLICT (subject_id, client_id) DO UPDATE SET
            scopes = CASE
                WHEN k.expires_at <= excluded.granted_at THEN excluded.scopes
                ELSE ARRAY(SELECT scope FROM unnest(k.scopes) AS scope WHERE scope <> ALL (excluded.scopes) AND scope <> ALL ($5)) || excluded.scopes
            END,
            granted_at = excluded.granted_at,
            expires_at = excluded.expires_at
        """;

    public async Task<Consent?> FindAsync(Guid subjectId, string clientId, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(
            """
            SELECT scopes, granted_at, expires_at FROM consents
            WHERE subject_id = $1 AND client_id = $2 AND (expires_at IS NULL OR expires_at > clock_timestamp())
            """);
        await using var reader = await command.Uuid(subjectId).Text(clientId).ExecuteReaderAsync(cancellationToken);
        return !await reader.ReadAsync(cancellationToken) ? null : new Consent(
            reader.GetFieldValue<string[]>(0),
            reader.GetFieldValue<DateTimeOffset>(1),
            reader.IsDBNull(2) ? null : reader.GetFieldValue<DateTimeOffset>(2));
    }

    public async Task SaveAsync(Guid subjectId, string clientId, ConsentAnswer answer, TimeSpan? lifetime, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(Upsert);
        await command.Uuid(subjectId).Text(clientId).Texts(answer.Allowed).Interval(lifetime).Texts(answer.Refused).ExecuteNonQueryAsync(cancellationToken);
    }
}
