using IdentityProvider.Protocol.Grants;
using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Users;
using Microsoft.Data.Sqlite;

namespace IdentityProvider.Storage.Grants;

internal sealed partial class SqliteGrantStore
{
    private static readonly string SelectLiveGrant = $"""
        SELECT g.claims_request, {SubjectSql.SqliteColumns("TRUE")}
        FROM grants g {Liveness.JoinPerson}
        WHERE g.id = $id AND {Liveness.OfGrant("$now")} AND {AccessTokenSql.NotRevoked("$token")}
        """;

    private static readonly string SelectLiveClient =
        $"SELECT 1 WHERE {Liveness.OfClient("$id")} AND {AccessTokenSql.NotRevoked("$token")}";

    private static readonly string SelectReferenceToken = $"""
        SELECT g.claims_request, {SubjectSql.SqliteColumns("TRUE")}, {AccessTokenSql.StoredIsAlive("$now")},
            a.grant_id, a.token_id, a.client_id, a.claims
        FROM reference_tokens a LEFT JOIN grants g ON g.id = a.grant_id {Liveness.JoinPerson}
        WHERE a.token_hash = $hash AND a.expires_at > $now
        """;

    private const int SubjectColumns = 1 + SubjectSql.ColumnCount;

    public Task<AccessTokenStatus?> CheckAccessTokenAsync(AccessTokenReference token, bool withSubject, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        using var connection = database.OpenConnection();
        using var command = connection.Command(
            token.GrantId is null ? SelectLiveClient : SelectLiveGrant,
            ("$id", token.GrantId is { } grantId ? grantId : token.ClientId), ("$token", token.TokenId), ("$now", now));
        using var reader = command.ExecuteReader();
        return Task.FromResult(reader.Read() ? ReadStatus(reader, withSubject && token.GrantId is not null, now) : null);
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
            reader.GetGuidOrNull(SubjectColumns + 1),
            reader.GetFieldValue<byte[]>(SubjectColumns + 2),
            reader.GetString(SubjectColumns + 3));
        var status = reader.GetBoolean(SubjectColumns) ? ReadStatus(reader, withSubject && token.GrantId is not null, now) : null;
        return Task.FromResult<ReferenceToken?>(new ReferenceToken(token, reader.GetString(SubjectColumns + 4), status));
    }

    public Task RevokeAccessTokenAsync(AccessTokenReference token, DateTimeOffset expiresAt)
    {
        using var connection = database.OpenConnection();
        connection.Execute(
            "INSERT INTO revoked_access_tokens (token_id, expires_at) VALUES ($token, $expires) ON CONFLICT DO NOTHING",
            ("$token", token.TokenId), ("$expires", expiresAt));
        return Task.CompletedTask;
    }

    private static AccessTokenStatus ReadStatus(SqliteDataReader reader, bool withSubject, DateTimeOffset now) => withSubject
        ? new AccessTokenStatus(now, SubjectSql.Read(reader, 1), reader.GetStringOrNull(0))
        : new AccessTokenStatus(now);
}
