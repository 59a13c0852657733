namespace IdentityProvider.Storage.Grants;

/// <summary>
/// Liveness is judged at every use, in the statement that decides: a fan-out update alone would miss a grant that is being inserted
/// while everything of a person is ended. Standard SQL, for both engines, as conditions for a WHERE: in a column they may be NULL,
/// which means dead. Sessions and clients are looked up rather than joined: that costs PostgreSQL less, and nothing where it is not asked.
/// </summary>
internal static class Liveness
{
    /// <summary>The person <c>u</c> of a row <c>g</c>.</summary>
    public const string JoinPerson = """LEFT JOIN "AspNetUsers" u ON u."Id" = g.subject_id""";

    /// <summary>A client that has no row is alive: a host may bring its own clients.</summary>
    public static string OfClient(string name) =>
        $"NOT EXISTS (SELECT 1 FROM clients c WHERE c.name = {name} AND c.disabled_at IS NOT NULL)";

    /// <summary>The client of a grant <c>g</c>. The grants of a removed client stay dead when another one gets its name.</summary>
    private const string OfGrantsClient = """
        NOT EXISTS (SELECT 1 FROM clients c WHERE c.name = g.client_id AND (c.disabled_at IS NOT NULL OR c.returned_at >= g.created_at))
        """;

    /// <summary>
    /// Of a grant <c>g</c>, its expiry apart. A coordinated grant lives to the end of the session: its logout, or its longest life. The
    /// session's idle expiry measures the browser's visits here, which a client's use of its tokens does not need.
    /// </summary>
    public static string OfGrant(string now) => $"""
        g.revoked_at IS NULL AND {Person} AND {OfGrantsClient} AND (NOT g.ends_with_session OR {Session(now)})
        """;

    /// <summary>Of a code <c>g</c>, its expiry apart: its session must still be there, whatever becomes of the grant.</summary>
    public static string OfCode(string now) => $"""{Person} AND {OfClient("g.client_id")} AND {Session(now)}""";

    private const string Person = """u."Epoch" = g.subject_epoch AND u."DisabledAt" IS NULL""";

    private static string Session(string now) => $"""
        EXISTS (SELECT 1 FROM sessions s WHERE s.id = g.session_id AND s.ended_at IS NULL AND s.absolute_expires_at > {now})
        """;
}
