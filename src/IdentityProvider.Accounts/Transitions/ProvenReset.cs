using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.OneTimeTokens;

namespace IdentityProvider.Accounts.Transitions;

/// <summary>A person who reads their mail sets a password without the old one.</summary>
public sealed record ProvenReset
{
    /// <summary>The person.</summary>
    public required Guid UserId { get; init; }

    /// <summary>The hash of the new password.</summary>
    public required string PasswordHash { get; init; }

    /// <summary>See <see cref="Users.User.HasShortPassword"/>.</summary>
    public bool ShortPassword { get; init; }

    /// <summary>The purpose of the link.</summary>
    public required string Purpose { get; init; }

    /// <summary>The link: it is used up here.</summary>
    public required OneTimeLink Link { get; init; }

    /// <summary>Written with it.</summary>
    public required ChangeNotice Notice { get; init; }
}
