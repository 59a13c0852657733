using IdentityProvider.Protocol.Grants;
using IdentityProvider.Protocol.Outbox;
using IdentityProvider.Storage.Database;
using Microsoft.Data.Sqlite;

namespace IdentityProvider.Storage.Grants;

/// <summary>
/// Grants on SQLite: each consuming operation is one IMMEDIATE transaction, which takes the only write lock before it reads, so that
/// nothing can change between the decision and its record.
/// </summary>
internal sealed partial class SqliteGrantStore(SqliteDataSource database, TimeProvider time, OutboxSignal outbox) : IGrantStore
{
    /// <summary>The columns of a grant, of row <c>g</c>, as <see cref="ReadGrant"/> reads them; codes have the same ones.</summary>
    private const string GrantColumns =
        "g.client_id, g.subject_id, g.session_id, g.scopes, g.resources, g.claims_request, g.auth_time, g.acr, g.amr";

    private const int GrantColumnCount = 9;

    public Task RevokeGrantAsync(Guid grantId, string clientId, string reason)
    {
        using var connection = database.OpenConnection();
        connection.Execute(
            "UPDATE grants SET revoked_at = $now, revoked_reason = $reason WHERE id = $id AND client_id = $client AND revoked_at IS NULL",
            ("$id", grantId), ("$client", clientId), ("$reason", reason), ("$now", time.GetUtcNow()));
        return Task.CompletedTask;
    }

    private static Grant ReadGrant(SqliteDataReader reader, int first, Guid id) => new()
    {
        Id = id,
        ClientId = reader.GetString(first),
        SubjectId = reader.GetGuid(first + 1),
        SessionId = reader.GetGuid(first + 2),
        Scopes = reader.GetJsonStrings(first + 3),
        Resources = reader.GetJsonStrings(first + 4),
        ClaimsRequest = reader.GetStringOrNull(first + 5),
        AuthTime = reader.GetTime(first + 6),
        Acr = reader.GetString(first + 7),
        Amr = reader.GetJsonStrings(first + 8),
    };
}
