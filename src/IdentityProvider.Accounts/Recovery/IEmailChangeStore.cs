using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.OneTimeTokens;

namespace IdentityProvider.Accounts.Recovery;

/// <summary>An account gets another address, which a mail has just proved.</summary>
public sealed record EmailChange
{
    /// <summary>The person.</summary>
    public required Guid UserId { get; init; }

    /// <summary>The security stamp as read with what is decided here; if it has changed since, nothing happens.</summary>
    public required string SecurityStamp { get; init; }

    /// <summary>The new address.</summary>
    public required string Email { get; init; }

    /// <summary>The same as it is looked up.</summary>
    public required string NormalizedEmail { get; init; }

    /// <summary>The link that is used up here; null: a code was, just before, or an operator answers for the address.</summary>
    public (string Purpose, OneTimeLink Link)? Proof { get; init; }

    /// <summary>Voids the links to take something back: they were mailed to whoever had the mailbox, who may not be the owner.</summary>
    public bool VoidsLinks { get; init; }

    /// <summary>A token that takes it back; null: none does.</summary>
    public NewOneTimeToken? Undo { get; init; }

    /// <summary>The mail that tells of it; null: none does.</summary>
    public OutgoingMail? Mail { get; init; }

    /// <summary>Written with it; the mail to the old address is the one above.</summary>
    public required ChangeNotice Notice { get; init; }
}

/// <summary>Writes changes of addresses.</summary>
public interface IEmailChangeStore
{
    /// <summary>
    /// Changes the address, uses the link up and writes token and mail, in one transaction. It renews the security stamp, which voids the
    /// links that went to the old address. False, and nothing changed: the link is not alive, the account has changed, or another account
    /// has confirmed this address.
    /// </summary>
    Task<bool> ChangeAsync(EmailChange change);
}
