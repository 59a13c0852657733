namespace IdentityProvider.Storage.Grants;

/// <summary>
/// Whether an access token <c>a</c> is alive; standard SQL, for both engines. The expiry of its grant does not count: an access token may
/// outlive it. A token of <c>client_credentials</c> names no grant, and dies by revocation or with its client.
/// </summary>
internal static class AccessTokenSql
{
    public const string Joins = """
        LEFT JOIN grants g ON g.id = a.grant_id
        LEFT JOIN "AspNetUsers" u ON u."Id" = g.subject_id
        LEFT JOIN sessions s ON s.id = g.session_id
        LEFT JOIN clients c ON c.name = a.client_id
        """;

    public const string Active = $"""
        c.disabled_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM revoked_access_tokens r WHERE r.token_id = a.token_id)
        AND (a.grant_id IS NULL OR {Liveness.OfGrant})
        """;
}
