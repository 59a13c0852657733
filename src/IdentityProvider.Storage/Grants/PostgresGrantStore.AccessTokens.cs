using IdentityProvider.Protocol.Grants;
using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Users;
using Npgsql;

namespace IdentityProvider.Storage.Grants;

internal sealed partial class PostgresGrantStore
{
    private const string Now = "clock_timestamp()";

    private static readonly string PersonColumns = $"g.claims_request, {SubjectSql.PostgresColumns("TRUE")}";

    private static readonly string LiveGrant = $"""
        FROM grants g {Liveness.JoinPerson}
        WHERE g.id = $1 AND {Liveness.OfGrant(Now)} AND {AccessTokenSql.NotRevoked("$2")}
        """;

    private static readonly string CheckGrant = $"SELECT {Now} {LiveGrant}";

    private static readonly string CheckGrantWithSubject = $"SELECT {Now}, {PersonColumns} {LiveGrant}";

    private static readonly string CheckClient =
        $"SELECT {Now} WHERE {Liveness.OfClient("$1")} AND {AccessTokenSql.NotRevoked("$2")}";

    private static readonly string FindStored = $"""
        SELECT {Now}, {PersonColumns}, {AccessTokenSql.StoredIsAlive(Now)}, a.grant_id, a.token_id, a.client_id, a.claims
        FROM reference_tokens a LEFT JOIN grants g ON g.id = a.grant_id {Liveness.JoinPerson}
        WHERE a.token_hash = $1 AND a.expires_at > {Now}
        """;

    private const int SubjectColumns = 1 + SubjectSql.ColumnCount;

    public async Task<AccessTokenStatus?> CheckAccessTokenAsync(AccessTokenReference token, bool withSubject, CancellationToken cancellationToken)
    {
        withSubject &= token.GrantId is not null;
        await using var command = database.CreateCommand(
            token.GrantId is null ? CheckClient : withSubject ? CheckGrantWithSubject : CheckGrant);
        _ = token.GrantId is { } grantId ? command.Uuid(grantId) : command.Text(token.ClientId);
        await using var reader = await command.Bytes(token.TokenId).ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? ReadStatus(reader, withSubject) : null;
    }

    public async Task StoreReferenceTokenAsync(NewReferenceToken token)
    {
        await using var command = database.CreateCommand(
            """
            INSERT INTO reference_tokens (token_hash, grant_id, token_id, client_id, claims, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6)
            """);
        await command
            .Bytes(token.TokenHash).Uuid(token.Token.GrantId).Bytes(token.Token.TokenId).Text(token.Token.ClientId)
            .Text(token.Claims).Time(token.ExpiresAt)
            .ExecuteNonQueryAsync();
    }

    public async Task<ReferenceToken?> FindReferenceTokenAsync(byte[] tokenHash, bool withSubject, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(FindStored);
        await using var reader = await command.Bytes(tokenHash).ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        const int first = 1 + SubjectColumns;
        var token = new AccessTokenReference(
            reader.GetGuidOrNull(first + 1), reader.GetFieldValue<byte[]>(first + 2), reader.GetString(first + 3));
        var alive = reader.GetBoolean(first);
        return new ReferenceToken(token, reader.GetString(first + 4), alive ? ReadStatus(reader, withSubject && token.GrantId is not null) : null);
    }

    public async Task RevokeAccessTokenAsync(AccessTokenReference token, DateTimeOffset expiresAt)
    {
        await using var command = database.CreateCommand(
            "INSERT INTO revoked_access_tokens (token_id, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING");
        await command.Bytes(token.TokenId).Time(expiresAt).ExecuteNonQueryAsync();
    }

    private static AccessTokenStatus ReadStatus(NpgsqlDataReader reader, bool withSubject)
    {
        var now = reader.GetFieldValue<DateTimeOffset>(0);
        return withSubject
            ? new AccessTokenStatus(now, SubjectSql.Read(reader, 2), reader.GetStringOrNull(1))
            : new AccessTokenStatus(now);
    }
}
