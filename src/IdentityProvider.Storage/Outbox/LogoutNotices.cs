using IdentityProvider.Protocol.Logout;

namespace IdentityProvider.Storage.Outbox;

/// <summary>
/// The outbox rows of sessions that end, one for each client that wants to be told. A part of the statement or transaction that ends them,
/// so that neither is without the other. A client that a host brings itself, and of which we have no row, gets one in any case: the
/// delivery knows whether it wants to be told.
/// </summary>
internal static class LogoutNotices
{
    /// <summary>Reads a CTE <c>ended</c> with <c>id</c>, <c>user_id</c>, <c>clients</c> and <c>now</c>.</summary>
    public static string Postgres(bool expired) => $"""
        INSERT INTO outbox (kind, payload, attempts, due_at, created_at, expires_at)
        SELECT '{LogoutNotice.Kind}',
            json_build_object('client_id', m.client_id, 'subject_id', e.user_id, 'session_id', e.id, 'expired', {expired})::text,
            0, e.now, e.now, e.now + interval '{LogoutNotice.Lifetime.TotalSeconds} seconds'
        FROM ended e CROSS JOIN unnest(e.clients) AS m (client_id) LEFT JOIN clients c ON c.name = m.client_id
        WHERE c.name IS NULL OR c.document::json ->> 'BackChannelLogoutUri' IS NOT NULL
        """;

    /// <summary>Comes before the statement that ends the sessions <c>s</c> of this condition, in one transaction with it.</summary>
    public static string Sqlite(string which, bool expired) => $"""
        INSERT INTO outbox (kind, payload, attempts, due_at, created_at, expires_at)
        SELECT '{LogoutNotice.Kind}',
            json_object('client_id', m.value, 'subject_id', s.user_id, 'session_id', s.id, 'expired', json('{(expired ? "true" : "false")}')),
            0, $now, $now, $noticeExpires
        FROM sessions s CROSS JOIN json_each(s.clients) m LEFT JOIN clients c ON c.name = m.value
        WHERE {which} AND (c.name IS NULL OR json_extract(c.document, '$.BackChannelLogoutUri') IS NOT NULL)
        """;
}
