namespace IdentityProvider.Accounts.Transitions;

/// <summary>An operator lets a person sign in again.</summary>
public sealed record Unlocking
{
    /// <summary>The person.</summary>
    public required Guid UserId { get; init; }

    /// <summary>The old password may be known to others: it is removed, and a new one has to be set.</summary>
    public bool RemovePassword { get; init; }

    /// <summary>
    /// The authenticator app and the recovery codes may be known to others: they count no more, and the next sign-in leads to setting up a second factor anew.
    /// Passkeys stay: they cannot be copied by who has seen the screen.
    /// </summary>
    public bool RequireSecondFactor { get; init; }
}
