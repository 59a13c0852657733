namespace IdentityProvider.Protocol.Events;

/// <summary>Something that an operator, or the person whose account it is, may want to know of later.</summary>
public sealed record SecurityEvent
{
    /// <summary>One of <see cref="SecurityEventTypes"/>, or a host's own.</summary>
    public required string Type { get; init; }

    /// <summary>When, by the clock that decided.</summary>
    public required DateTimeOffset OccurredAt { get; init; }

    /// <summary>Whose account.</summary>
    public Guid? SubjectId { get; init; }

    /// <summary>At which client.</summary>
    public string? ClientId { get; init; }

    /// <summary>In which session.</summary>
    public Guid? SessionId { get; init; }

    /// <summary>Of which grant.</summary>
    public Guid? GrantId { get; init; }

    /// <summary>From which network: /24 or /48.</summary>
    public string? Network { get; init; }

    /// <summary>By which family of user agents.</summary>
    public string? UserAgent { get; init; }

    /// <summary>From which address, where the person or an operator has to recognise it.</summary>
    public string? RemoteAddress { get; init; }

    /// <summary>A keyed hash of the name or address that was typed, where there is no such account.</summary>
    public string? IdentifierHash { get; init; }

    /// <summary>What else there is to know, in a few words of ours: never a secret, a token or what somebody typed.</summary>
    public string? Detail { get; init; }

    /// <summary>Somebody should look at it: logged as a warning.</summary>
    public bool Alarming { get; init; }

    /// <summary>It explains a change, and was stored in the statement that made the change: the store must not write it once more.</summary>
    public bool Recorded { get; init; }
}

/// <summary>The types of events that the provider itself raises.</summary>
public static class SecurityEventTypes
{
    /// <summary>A refresh token came again in time, but from another network or user agent than the rotation.</summary>
    public const string RefreshTokenRetriedElsewhere = "refresh_token_retried_elsewhere";

    /// <summary>An authenticated client asked for a lost successor after the retry window.</summary>
    public const string RefreshTokenRetriedLate = "refresh_token_retried_late";

    /// <summary>The previous refresh token came too late, and was refused.</summary>
    public const string RefreshTokenLate = "refresh_token_late";

    /// <summary>An older refresh token came within the retry window, and was refused: a slow tab.</summary>
    public const string RefreshTokenStale = "refresh_token_stale";

    /// <summary>A used refresh token came again: what it belongs to has been revoked (RFC 9700 §4.14).</summary>
    public const string RefreshTokenReused = "refresh_token_reused";

    /// <summary>A refresh token was used from another network or user agent than the last time.</summary>
    public const string RefreshTokenMoved = "refresh_token_moved";

    /// <summary>The same, and refused, since the client's refresh tokens are held to the device.</summary>
    public const string RefreshTokenRefusedElsewhere = "refresh_token_refused_elsewhere";

    /// <summary>A redeemed authorization code came again: what it gave has been revoked (RFC 6749 §4.1.2).</summary>
    public const string AuthorizationCodeReplayed = "authorization_code_replayed";

    /// <summary>A person gave a client access. Detail: the scopes.</summary>
    public const string ConsentGranted = "consent_granted";

    /// <summary>A person refused a client access.</summary>
    public const string ConsentDenied = "consent_denied";
}

/// <summary>The types of events that are about the installation, and no person.</summary>
public static class InstallationEventTypes
{
    /// <summary>A client was added to the catalog.</summary>
    public const string ClientCreated = "client_created";

    /// <summary>The settings of a client were changed.</summary>
    public const string ClientChanged = "client_changed";

    /// <summary>A client was removed, and with it all that it had been granted.</summary>
    public const string ClientRemoved = "client_removed";

    /// <summary>A signing key was made. Detail: its id and algorithm.</summary>
    public const string KeyCreated = "key_created";

    /// <summary>A signing key signs earlier than was announced. Detail: its id and algorithm.</summary>
    public const string KeyAdvanced = "key_advanced";

    /// <summary>A signing key was retired: what it signed is refused. Detail: its id and algorithm.</summary>
    public const string KeyRetired = "key_retired";
}
