using IdentityProvider.Protocol.Grants;
using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Users;
using Npgsql;

namespace IdentityProvider.Storage.Grants;

internal sealed partial class PostgresGrantStore
{
    private const string FromPresented = $"""
        FROM (SELECT $1 AS grant_id, $2 AS token_id, $3 AS client_id) a CROSS JOIN (SELECT clock_timestamp() AS now) t
        {AccessTokenSql.Joins}
        """;

    private const string FromStored = $"""
        FROM reference_tokens a CROSS JOIN (SELECT clock_timestamp() AS now) t
        {AccessTokenSql.Joins}
        WHERE a.token_hash = $1 AND a.expires_at > t.now
        """;

    private const string StoredColumns = "a.grant_id, a.token_id, a.client_id, a.claims";

    private const string Status = $"t.now, {AccessTokenSql.Active}";

    private const string CheckPresented = $"SELECT {Status} {FromPresented}";

    private const string FindStored = $"SELECT {StoredColumns}, {Status} {FromStored}";

    private static readonly string _statusWithSubject = $"{Status}, g.claims_request, {SubjectSql.PostgresColumns("TRUE")}";

    private static readonly string _checkPresentedWithSubject = $"SELECT {_statusWithSubject} {FromPresented}";

    private static readonly string _findStoredWithSubject = $"SELECT {StoredColumns}, {_statusWithSubject} {FromStored}";

    public async Task<AccessTokenStatus> CheckAccessTokenAsync(AccessTokenReference token, bool withSubject, CancellationToken cancellationToken)
    {
        await using var command = database.CreateCommand(withSubject ? _checkPresentedWithSubject : CheckPresented);
        await using var reader = await command
            .Uuid(token.GrantId).Bytes(token.TokenId).Text(token.ClientId)
            .ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return ReadStatus(reader, 0, token.GrantId, withSubject);
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
        await using var command = database.CreateCommand(withSubject ? _findStoredWithSubject : FindStored);
        await using var reader = await command.Bytes(tokenHash).ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        var token = new AccessTokenReference(reader.GetGuidOrNull(0), reader.GetFieldValue<byte[]>(1), reader.GetString(2));
        return new ReferenceToken(token, reader.GetString(3), ReadStatus(reader, 4, token.GrantId, withSubject));
    }

    public async Task RevokeAccessTokenAsync(AccessTokenReference token, DateTimeOffset expiresAt)
    {
        await using var command = database.CreateCommand(
            "INSERT INTO revoked_access_tokens (token_id, expires_at) VALUES ($1, $2) ON CONFLICT DO NOTHING");
        await command.Bytes(token.TokenId).Time(expiresAt).ExecuteNonQueryAsync();
    }

    private static AccessTokenStatus ReadStatus(NpgsqlDataReader reader, int first, Guid? grantId, bool withSubject)
    {
        var now = reader.GetFieldValue<DateTimeOffset>(first);
        var active = reader.GetBoolean(first + 1);
        return active && withSubject && grantId is not null
            ? new AccessTokenStatus(active, now, SubjectSql.Read(reader, first + 3), reader.GetStringOrNull(first + 2))
            : new AccessTokenStatus(active, now);
    }
}
