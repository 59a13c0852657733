namespace IdentityProvider.Storage.Grants;

/// <summary>
/// Liveness is judged at every use, in the statement that decides: a fan-out update alone would miss a grant that is being inserted
/// while everything of a person is ended. Standard SQL, for both engines; <c>t.now</c> is the moment of the decision.
/// </summary>
internal static class Liveness
{
    /// <summary>For a row <c>g</c> with client, subject and session. An absent client row is alive: a host may bring its own clients.</summary>
    public const string Joins = """
        LEFT JOIN "AspNetUsers" u ON u."Id" = g.subject_id
        LEFT JOIN sessions s ON s.id = g.session_id
        LEFT JOIN clients c ON c.name = g.client_id
        """;

    /// <summary>
    /// Of a grant, its expiry apart. A coordinated grant lives to the end of the session: its logout, or its longest life. The session's
    /// idle expiry measures the browser's visits here, which a client's use of its tokens does not need.
    /// </summary>
    public const string OfGrant = """
        coalesce(
            g.revoked_at IS NULL
            AND u."Epoch" = g.subject_epoch AND u."DisabledAt" IS NULL
            AND c.disabled_at IS NULL
            AND (NOT g.ends_with_session OR (s.ended_at IS NULL AND s.absolute_expires_at > t.now)),
            FALSE)
        """;

    /// <summary>Of a code, its expiry apart: its session must still be there, whatever becomes of the grant.</summary>
    public const string OfCode = """
        coalesce(
            u."Epoch" = g.subject_epoch AND u."DisabledAt" IS NULL
            AND c.disabled_at IS NULL
            AND s.ended_at IS NULL AND s.absolute_expires_at > t.now,
            FALSE)
        """;
}
