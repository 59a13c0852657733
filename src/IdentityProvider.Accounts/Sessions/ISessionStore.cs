namespace IdentityProvider.Accounts.Sessions;

/// <summary>A session about to be stored.</summary>
public sealed record NewSession
{
    /// <summary>The session's id.</summary>
    public required Guid Id { get; init; }

    /// <summary>SHA-256 of the handle in the cookie.</summary>
    public required byte[] HandleHash { get; init; }

    /// <summary>The person.</summary>
    public required Guid UserId { get; init; }

    /// <summary>The person's epoch as read when they authenticated; if it has changed since, no session is made.</summary>
    public required long UserEpoch { get; init; }

    /// <summary>The achieved authentication context class.</summary>
    public required string Acr { get; init; }

    /// <summary>The used methods, by RFC 8176.</summary>
    public required IReadOnlyList<string> Amr { get; init; }

    /// <summary>How long before now the person authenticated, where another provider says so.</summary>
    public TimeSpan Age { get; init; }

    /// <summary>"Keep me signed in": the cookie outlives the browser.</summary>
    public required bool Persistent { get; init; }

    /// <summary>The life without use.</summary>
    public required TimeSpan IdleLifetime { get; init; }

    /// <summary>The longest life.</summary>
    public required TimeSpan AbsoluteLifetime { get; init; }

    /// <summary>The caller's address, for the person's list of sessions.</summary>
    public string? RemoteAddress { get; init; }

    /// <summary>The caller's user agent, shortened, for the person's list of sessions.</summary>
    public string? UserAgent { get; init; }
}

/// <summary>A live session: not ended, not expired, of a person whose epoch is still the captured one.</summary>
public sealed record UserSession
{
    /// <summary>The session's id.</summary>
    public required Guid Id { get; init; }

    /// <summary>The person.</summary>
    public required Guid UserId { get; init; }

    /// <summary>The person's user name.</summary>
    public required string Username { get; init; }

    /// <summary>The person's epoch.</summary>
    public required long UserEpoch { get; init; }

    /// <summary>When the person authenticated, by the database's clock; stable through the session.</summary>
    public required DateTimeOffset AuthTime { get; init; }

    /// <summary>The achieved authentication context class.</summary>
    public required string Acr { get; init; }

    /// <summary>The used methods, by RFC 8176.</summary>
    public required IReadOnlyList<string> Amr { get; init; }

    /// <summary>Whether the cookie outlives the browser.</summary>
    public required bool Persistent { get; init; }

    /// <summary>When it ends at the latest.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The database's clock at the read.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>When the account is deleted, because the person has asked for it; null: it is not. They decide before anything else.</summary>
    public DateTimeOffset? DeleteAfter { get; init; }

    /// <summary>The person has to set up a second factor before anything else. Who has proved themselves with a passkey need not.</summary>
    public bool MustEnrol { get; init; }
}

/// <summary>A session in the list of a person's sessions.</summary>
public sealed record SessionSummary
{
    /// <summary>The session's id.</summary>
    public required Guid Id { get; init; }

    /// <summary>When the person authenticated.</summary>
    public required DateTimeOffset AuthTime { get; init; }

    /// <summary>The achieved authentication context class.</summary>
    public required string Acr { get; init; }

    /// <summary>Whether the cookie outlives the browser.</summary>
    public required bool Persistent { get; init; }

    /// <summary>When the browser is signed out if it is not used.</summary>
    public required DateTimeOffset IdleExpiresAt { get; init; }

    /// <summary>When it ends at the latest.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>The address of the last sign-in.</summary>
    public string? RemoteAddress { get; init; }

    /// <summary>The user agent of the last sign-in, shortened.</summary>
    public string? UserAgent { get; init; }

    /// <summary>The clients that got a code in it, in the order in which they came.</summary>
    public required IReadOnlyList<string> Clients { get; init; }
}

/// <summary>
/// A session that the browser has left for too long, or whose new handle it has never received: it signs nobody in, and what it gave to
/// clients may still be used.
/// </summary>
public sealed record IdleSession
{
    /// <summary>The session's id.</summary>
    public required Guid Id { get; init; }

    /// <summary>The person.</summary>
    public required Guid UserId { get; init; }

    /// <summary>The person's user name.</summary>
    public required string Username { get; init; }

    /// <summary>The person's epoch.</summary>
    public required long UserEpoch { get; init; }
}

/// <summary>A session that has just ended.</summary>
/// <param name="Id">The session's id.</param>
/// <param name="UserId">The person.</param>
/// <param name="Clients">The clients that took part.</param>
public sealed record EndedUserSession(Guid Id, Guid UserId, IReadOnlyList<string> Clients);

/// <summary>Server-side sessions. The browser holds a handle only.</summary>
public interface ISessionStore
{
    /// <summary>
    /// Stores a session. Its authentication time is the database's, less its age. When a session of this id exists (the same person
    /// authenticates again), it gets the new handle, authentication and lifetimes instead, and keeps its grants.
    /// False when the person is disabled, gone, or of another epoch by now, or the existing session has ended.
    /// </summary>
    Task<bool> SaveAsync(NewSession session);

    /// <summary>
    /// The live session of this handle, in one round trip; null when there is none. Extends the idle expiry to <paramref name="idleLifetime"/> from now
    /// (never past the absolute one) when less than half of it is left, so that most reads write nothing.
    /// </summary>
    Task<UserSession?> FindAsync(byte[] handleHash, TimeSpan idleLifetime, CancellationToken cancellationToken);

    /// <summary>
    /// The session of this handle whose idle expiry has passed, and nothing else, or whose handle this was before the present one: coordinated
    /// grants live on in it until its end. Null when there is none. Changes nothing.
    /// </summary>
    Task<IdleSession?> FindIdleAsync(byte[] handleHash, CancellationToken cancellationToken);

    /// <summary>Ends the session of this handle, or of the one that came after it, as <see cref="EndAsync"/> does, whether it has expired or not. Null when there was none, or it had ended before.</summary>
    Task<EndedUserSession?> EndByHandleAsync(byte[] handleHash, string reason);

    /// <summary>
    /// Ends a session, with its coordinated grants and reference tokens, at once and for all instances. The same statement notes down
    /// which clients have to hear of it. Returns the clients that took part; null when there was no such session, or it had ended before.
    /// </summary>
    /// <param name="sessionId">The session.</param>
    /// <param name="reason">For operators.</param>
    /// <param name="userId">Whose session it must be; null: anybody's.</param>
    Task<IReadOnlyList<string>?> EndAsync(Guid sessionId, string reason, Guid? userId = null);

    /// <summary>Ends all sessions of a person, but for one if it is named, as <see cref="EndAsync"/> does. Returns their number.</summary>
    Task<int> EndAllAsync(Guid userId, string reason, Guid? exceptSessionId = null);

    /// <summary>A person's sessions, the newest sign-in first: those that are alive, and idle ones in which clients may still use what they got.</summary>
    Task<IReadOnlyList<SessionSummary>> ListAsync(Guid userId, CancellationToken cancellationToken);
}
