namespace IdentityProvider.Accounts.Transitions;

/// <summary>An operator lets a person sign in again.</summary>
public sealed record Unlocking
{
    /// <summary>The person.</summary>
    public required Guid UserId { get; init; }

    /// <summary>The old password may be known to others: it is removed, and a new one has to be set.</summary>
    public bool RemovePassword { get; init; }

    /// <summary>
    /// The factors may be others': authenticator app and recovery codes count no more, passkeys and linked accounts of <see cref="Since"/> neither,
    /// and the next sign-in leads to setting up a second factor anew.
    /// </summary>
    public bool RequireSecondFactor { get; init; }

    /// <summary>From when on passkeys and linked accounts are somebody else's; the default: all are.</summary>
    public DateTimeOffset Since { get; init; } = DateTimeOffset.UnixEpoch;
}
