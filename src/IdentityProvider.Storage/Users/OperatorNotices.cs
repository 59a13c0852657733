using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.Transitions;

namespace IdentityProvider.Storage.Users;

/// <summary>What tells of a change that an operator has made: from no network, in no session.</summary>
internal static class OperatorNotices
{
    public static ChangeNotice PasswordReset { get; } = new(AccountEventTypes.PasswordReset, new EventOrigin())
    {
        Detail = ChangeNotice.ByOperator,
        Mail = MailTemplates.PasswordChanged,
    };

    public static ChangeNotice Locked(string reason) => new(AccountEventTypes.AccountLocked, new EventOrigin())
    {
        Detail = reason,
        Mail = MailTemplates.LockedByOperator,
    };

    public static ChangeNotice Unlocked(Unlocking unlocking) => new(AccountEventTypes.AccountUnlocked, new EventOrigin())
    {
        Detail = (unlocking.RemovePassword, unlocking.RequireSecondFactor) switch
        {
            (true, true) => "new password and second factor required",
            (true, false) => "new password required",
            (false, true) => "new second factor required",
            _ => null,
        },
    };
}
