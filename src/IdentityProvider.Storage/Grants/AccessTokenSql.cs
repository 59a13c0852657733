namespace IdentityProvider.Storage.Grants;

/// <summary>
/// Whether an access token is alive; standard SQL, for both engines. The expiry of its grant does not count: an access token may
/// outlive it. A token of <c>client_credentials</c> names no grant, and dies by revocation or with its client.
/// </summary>
internal static class AccessTokenSql
{
    /// <summary>The token itself, by the expression that gives its id.</summary>
    public static string NotRevoked(string tokenId) => $"NOT EXISTS (SELECT 1 FROM revoked_access_tokens r WHERE r.token_id = {tokenId})";

    /// <summary>A stored token <c>a</c>, whose grant <c>g</c> is joined, if it names one; a column.</summary>
    public static string StoredIsAlive(string now) => $"""
        coalesce(
            {NotRevoked("a.token_id")}
            AND CASE WHEN a.grant_id IS NULL THEN {Liveness.OfClient("a.client_id")} ELSE {Liveness.OfGrant(now)} END,
            FALSE)
        """;
}
