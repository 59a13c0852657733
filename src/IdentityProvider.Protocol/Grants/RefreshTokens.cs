using IdentityProvider.Protocol.Subjects;

namespace IdentityProvider.Protocol.Grants;

/// <summary>What ends when a used refresh token comes again (RFC 9700 §4.14).</summary>
public enum ReuseReaction
{
    /// <summary>Its family, and the access tokens that name it: the thief and the app, and nobody else.</summary>
    RevokeFamily,

    /// <summary>The session too in which it was granted, and what ends with that.</summary>
    RevokeSession,

    /// <summary>All sessions and grants of the person.</summary>
    RevokeAll,
}

/// <summary>A refresh token as presented, and what to record if it is rotated.</summary>
public sealed record RefreshPresentation
{
    /// <summary>The generation of the refresh token that comes with a code's redemption.</summary>
    public const int FirstGeneration = 1;

    /// <summary>The family.</summary>
    public required Guid FamilyId { get; init; }

    /// <summary>The presented generation; genuine, since the token's MAC was checked before.</summary>
    public required int Generation { get; init; }

    /// <summary>SHA-256 of the presented secret.</summary>
    public required byte[] SecretHash { get; init; }

    /// <summary>Who presents it.</summary>
    public required string ClientId { get; init; }

    /// <summary>Whether the client authenticated (a public client did not).</summary>
    public required bool ClientAuthenticated { get; init; }

    /// <summary>The <c>scope</c> parameter; null: all of the grant.</summary>
    public IReadOnlyList<string>? Scopes { get; init; }

    /// <summary>The <c>resource</c> parameters; null: all of the grant.</summary>
    public IReadOnlyList<string>? Resources { get; init; }

    /// <summary>Whether the client's tokens change at each use.</summary>
    public required bool Rotate { get; init; }

    /// <summary>SHA-256 of the successor's secret.</summary>
    public required byte[] SuccessorHash { get; init; }

    /// <summary>The successor's secret, sealed so that only a holder of the presented secret can have it opened.</summary>
    public required byte[] SealedSuccessor { get; init; }

    /// <summary>The caller's network (/24 or /48).</summary>
    public required string Network { get; init; }

    /// <summary>The caller's user-agent family.</summary>
    public required string UserAgent { get; init; }

    /// <summary>How long after a rotation the previous token gets the same successor again.</summary>
    public required TimeSpan RetryWindow { get; init; }

    /// <summary>How long after a rotation an authenticated client may still ask for the lost successor, once.</summary>
    public required TimeSpan LostResponseWindow { get; init; }

    /// <summary>The life that a use gives; null: use does not extend it.</summary>
    public required TimeSpan? SlidingLifetime { get; init; }

    /// <summary>Whether it is refused from another network or user agent than the last use.</summary>
    public bool RequireSameDevice { get; init; }

    /// <summary>What ends if it turns out to be used up.</summary>
    public ReuseReaction OnReuse { get; init; }

    /// <summary>Whether the person's claims and roles are wanted. A grant with a <c>claims</c> parameter brings them in any case.</summary>
    public bool WithProfile { get; init; } = true;
}

/// <summary>The decision on a presented refresh token.</summary>
public enum RefreshVerdict
{
    /// <summary>Accepted: the next generation is current now.</summary>
    Rotated,

    /// <summary>Accepted, and the same token stays current (a client that does not rotate).</summary>
    Reused,

    /// <summary>A retry in time: the successor that exists is handed out again.</summary>
    Retried,

    /// <summary>As <see cref="Retried"/>, but from another network; counted, at most three a day.</summary>
    RetriedElsewhere,

    /// <summary>As <see cref="Retried"/>, later than the retry window, once, since the client authenticated.</summary>
    RetriedLate,

    /// <summary>The previous token, too late for a retry, or of a client that proves nothing. Refused; not revoked.</summary>
    LateUnbound,

    /// <summary>An older token within the retry window: another tab was slow. Refused; not revoked.</summary>
    Stale,

    /// <summary>An old token is used again: the family has been revoked now (RFC 9700 §4.14).</summary>
    ReuseDetected,

    /// <summary>From another network or user agent than the last use, and the client's tokens are held to the device. Nothing changed.</summary>
    WrongDevice,

    /// <summary>The family, the session, the client or the person has ended, or the time is over.</summary>
    Dead,

    /// <summary>No such family, or not this secret.</summary>
    Unknown,

    /// <summary>It belongs to another client. Nothing changed.</summary>
    WrongClient,

    /// <summary>More scope than granted (RFC 6749 §6). Nothing changed.</summary>
    InvalidScope,

    /// <summary>A resource that was not granted (RFC 8707 §2.2). Nothing changed.</summary>
    InvalidTarget,
}

/// <summary>The answer to a presented refresh token.</summary>
/// <param name="Verdict">The decision.</param>
/// <param name="Now">The database's clock at the decision.</param>
public sealed record RefreshOutcome(RefreshVerdict Verdict, DateTimeOffset Now)
{
    /// <summary>Set when accepted, and when a genuine token of a live family was refused.</summary>
    public Grant? Grant { get; init; }

    /// <summary>Set when accepted.</summary>
    public SubjectRecord? Subject { get; init; }

    /// <summary>The sealed successor of the presented generation, when it is handed out again.</summary>
    public byte[]? SealedSuccessor { get; init; }

    /// <summary>The current token was accepted from another network or user agent than the last time.</summary>
    public bool Moved { get; init; }

    /// <summary>Whether tokens are issued.</summary>
    public bool Accepted => Verdict is RefreshVerdict.Rotated or RefreshVerdict.Reused or RefreshVerdict.Retried
        or RefreshVerdict.RetriedElsewhere or RefreshVerdict.RetriedLate;
}
