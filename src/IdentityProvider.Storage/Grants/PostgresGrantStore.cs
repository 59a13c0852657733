using IdentityProvider.Protocol.Grants;
using IdentityProvider.Protocol.Outbox;
using IdentityProvider.Storage.Database;
using Npgsql;

namespace IdentityProvider.Storage.Grants;

/// <summary>
/// Grants on PostgreSQL: one statement decides, records, and returns what is needed to mint. There is no transaction around it, so a
/// frozen instance holds no lock; under READ COMMITTED a waiter sees the newest version of the row that it waited for, and the old
/// snapshot of all others, so whatever a loser needs stands in that row. A statement that consumes is never cancelled.
/// </summary>
internal sealed partial class PostgresGrantStore(NpgsqlDataSource database, OutboxSignal outbox) : IGrantStore
{
    /// <summary>The columns of a grant, of row <c>g</c>, as <see cref="ReadGrant"/> reads them; codes have the same ones.</summary>
    private const string GrantColumns =
        "g.client_id, g.subject_id, g.session_id, g.scopes, g.resources, g.claims_request, g.auth_time, g.acr, g.amr";

    private const int GrantColumnCount = 9;

    private const string Revoke = """
        UPDATE grants SET revoked_at = clock_timestamp(), revoked_reason = $3
        WHERE id = $1 AND client_id = $2 AND revoked_at IS NULL
        """;

    public async Task RevokeGrantAsync(Guid grantId, string clientId, string reason)
    {
        await using var command = database.CreateCommand(Revoke);
        await command.Uuid(grantId).Text(clientId).Text(reason).ExecuteNonQueryAsync();
    }

    private static Grant ReadGrant(NpgsqlDataReader reader, int first, Guid id) => new()
    {
        Id = id,
        ClientId = reader.GetString(first),
        SubjectId = reader.GetGuid(first + 1),
        SessionId = reader.GetGuid(first + 2),
        Scopes = reader.GetFieldValue<string[]>(first + 3),
        Resources = reader.GetFieldValue<string[]>(first + 4),
        ClaimsRequest = reader.GetStringOrNull(first + 5),
        AuthTime = reader.GetFieldValue<DateTimeOffset>(first + 6),
        Acr = reader.GetString(first + 7),
        Amr = reader.GetFieldValue<string[]>(first + 8),
    };
}
