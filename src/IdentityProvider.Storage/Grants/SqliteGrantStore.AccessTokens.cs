using IdentityProvider.Protocol.Grants;
using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Users;
using Microsoft.Data.Sqlite;

namespace IdentityProvider.Storage.Grants;

internal sealed partial class SqliteGrantStore
{
    private static readonly string SelectStatus = $"""
        SELECT {AccessTokenSql.Active}, g.claims_request, {SubjectSql.SqliteColumns("TRUE")}
        FROM (SELECT $grant AS grant_id, $token AS token_id, $client AS client_id) a CROSS JOIN (SELECT $now AS now) t
        {AccessTokenSql.Joins}
        """;

    private static readonly string SelectReferenceToken = $"""
        SELECT {AccessTokenSql.Active}, g.claims_request, {SubjectSql.SqliteColumns("TRUE")}, a.grant_id, a.token_id, a.client_id, a.claims
        FROM reference_tokens a CROSS JOIN (SELECT $now AS now) t
        {AccessTokenSql.Joins}
        WHERE a.token_hash = $hash AND a.expires_at > t.now
        """;

    private const int ReferenceTokenColumns = 2 + SubjectSql.ColumnCount;

    public Task<AccessTokenStatus> CheckAccessTokenAsync(AccessTokenReference token, bool withSubject, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        using var connection = database.OpenConnection();
        using var command = connection.Command(
            SelectStatus, ("$grant", token.GrantId), ("$token", token.TokenId), ("$client", token.ClientId), ("$now", now));
        using var reader = command.ExecuteReader();
        reader.Read();
        return Task.FromResult(ReadStatus(reader, token.GrantId, withSubject, now));
    }

    public Task StoreReferenceTokenAsync(NewReferenceToken token)
    {
        using var connection = database.OpenConnection();
        connection.Execute(
            "INSERT INTO reference_tokens (token_hash, grant_id, token_id, client_id, claims, expires_at) VALUES ($hash, $grant, $token, $client, $claims, $expires)",
            ("$hash", token.TokenHash), ("$grant", token.Token.GrantId), ("$token", token.Token.TokenId),
            ("$client", token.Token.ClientId), ("$claims", token.Claims), ("$expires", token.ExpiresAt));
        return Task.CompletedTask;
    }

    public Task<ReferenceToken?> FindReferenceTokenAsync(byte[] tokenHash, bool withSubject, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        using var connection = database.OpenConnection();
        using var command = connection.Command(SelectReferenceToken, ("$hash", tokenHash), ("$now", now));
        using var reader = command.ExecuteReader();
        if (!reader.Read())
        {
            return Task.FromResult<ReferenceToken?>(null);
        }

        var token = new AccessTokenReference(
            reader.GetGuidOrNull(ReferenceTokenColumns),
            reader.GetFieldValue<byte[]>(ReferenceTokenColumns + 1),
            reader.GetString(ReferenceTokenColumns + 2));
        return Task.FromResult<ReferenceToken?>(
            new ReferenceToken(token, reader.GetString(ReferenceTokenColumns + 3), ReadStatus(reader, token.GrantId, withSubject, now)));
    }

    public Task RevokeAccessTokenAsync(AccessTokenReference token, DateTimeOffset expiresAt)
    {
        using var connection = database.OpenConnection();
        connection.Execute(
            "INSERT INTO revoked_access_tokens (token_id, expires_at) VALUES ($token, $expires) ON CONFLICT DO NOTHING",
            ("$token", token.TokenId), ("$expires", expiresAt));
        return Task.CompletedTask;
    }

    private static AccessTokenStatus ReadStatus(SqliteDataReader reader, Guid? grantId, bool withSubject, DateTimeOffset now)
    {
        var active = reader.GetBoolean(0);
        return active && withSubject && grantId is not null
            ? new AccessTokenStatus(active, now, SubjectSql.Read(reader, 2), reader.GetStringOrNull(1))
            : new AccessTokenStatus(active, now);
    }
}
