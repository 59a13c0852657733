using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.OneTimeTokens;
using IdentityProvider.Accounts.Users;

namespace IdentityProvider.Accounts.Registration;

/// <summary>Writes new accounts.</summary>
public interface IRegistrationStore
{
    /// <summary>
    /// Stores the account, the token that confirms its address and the mail, if one goes, in one transaction. False: the name is taken.
    /// </summary>
    Task<bool> RegisterAsync(User user, NewOneTimeToken token, OutgoingMail? mail, ChangeNotice? notice = null);

    /// <summary>
    /// The address belongs to this account from now on, and the other links and codes that would confirm it are void. False, and nothing
    /// changed: the account has another address by now, or another account has confirmed this one.
    /// </summary>
    Task<bool> ConfirmEmailAsync(Guid userId, string email, ChangeNotice? notice = null);
}
