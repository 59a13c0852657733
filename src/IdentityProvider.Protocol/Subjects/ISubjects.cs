using Microsoft.AspNetCore.Http;

namespace IdentityProvider.Protocol.Subjects;

/// <summary>The signed-in person of a browser, as the protocol sees one.</summary>
public sealed record SubjectSession
{
    /// <summary>The session's id; never leaves the server as such.</summary>
    public required Guid SessionId { get; init; }

    /// <summary>The person.</summary>
    public required Guid SubjectId { get; init; }

    /// <summary>The person's epoch when they authenticated. What was granted under an older epoch is dead.</summary>
    public required long SubjectEpoch { get; init; }

    /// <summary>What to call them on a page.</summary>
    public required string Username { get; init; }

    /// <summary>When they last authenticated actively.</summary>
    public required DateTimeOffset AuthTime { get; init; }

    /// <summary>The database's clock when the session was read.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>The authentication context class that was reached.</summary>
    public required string Acr { get; init; }

    /// <summary>Methods used, by RFC 8176.</summary>
    public required IReadOnlyList<string> Amr { get; init; }

    /// <summary>The person has to decide something about the account first: no client gets anything until then.</summary>
    public bool Held { get; init; }

    /// <summary>The <c>sub</c> value.</summary>
    public string Subject => SubjectId.ToString("D");
}

/// <summary>A session that has just ended.</summary>
/// <param name="SessionId">The session.</param>
/// <param name="Clients">The clients that got a code in it.</param>
public sealed record EndedSession(Guid SessionId, IReadOnlyList<string> Clients);

/// <summary>Somebody whose session at this browser was not used for too long: a logout is all that it is good for.</summary>
/// <param name="SessionId">The session.</param>
/// <param name="SubjectId">The person.</param>
/// <param name="Username">What to call them on a page.</param>
public sealed record IdleSubject(Guid SessionId, Guid SubjectId, string Username);

/// <summary>The wall between protocol and people: who is signed in at this browser, and signing them out.</summary>
public interface ISubjects
{
    /// <summary>The live session of the request's cookie; null when nobody is signed in. One database round trip, or none without a cookie.</summary>
    Task<SubjectSession?> GetSessionAsync(HttpContext context);

    /// <summary>
    /// For a logout, when <see cref="GetSessionAsync"/> knows nobody: whose session of the request's cookie is idle, so that clients may still
    /// use what they got in it. Null when there is none.
    /// </summary>
    Task<IdleSubject?> FindIdleAsync(HttpContext context);

    /// <summary>The strongest authentication context class that this person could reach by proving more, with what they have set up.</summary>
    Task<string> FindReachableAcrAsync(SubjectSession session, CancellationToken cancellationToken);

    /// <summary>
    /// Ends the session of the request's cookie, an idle one too, and removes the cookie. Returns what this very call ended; null when there was nothing.
    /// </summary>
    Task<EndedSession?> SignOutAsync(HttpContext context);

    /// <summary>
    /// A random value of this browser that changes whenever somebody signs in or out (OpenID Connect Session Management §3.2); made if
    /// it is missing. It lives in a cookie that scripts can read.
    /// </summary>
    string EnsureBrowserState(HttpContext context);

    /// <summary>The name of that cookie.</summary>
    string BrowserStateCookie { get; }
}
