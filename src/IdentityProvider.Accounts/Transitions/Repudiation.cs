using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.OneTimeTokens;

namespace IdentityProvider.Accounts.Transitions;

/// <summary>A person who reads their mail says that what it tells of was somebody else's doing.</summary>
public sealed record Repudiation
{
    /// <summary>The reason of a lock that its person takes off by setting a new password by mail.</summary>
    public const string LockReason = "not_me";

    /// <summary>The person.</summary>
    public required Guid UserId { get; init; }

    /// <summary>The purpose of the link.</summary>
    public required string Purpose { get; init; }

    /// <summary>The link: it is used up here.</summary>
    public required OneTimeLink Link { get; init; }

    /// <summary>From when on everything is somebody else's.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>A country that was seen for the first time then: it counts as new again. Null: none was.</summary>
    public string? Country { get; init; }

    /// <summary>Nobody signs in until a password is set by mail, or an operator takes the lock off.</summary>
    public bool Lock { get; init; }

    /// <summary>Written with it.</summary>
    public required ChangeNotice Notice { get; init; }
}
