using IdentityProvider.Accounts.Passwords;

namespace IdentityProvider.UI.Localization;

/// <summary>Why a password is refused, in words (NIST SP 800-63B-4 §3.1.1.2: the reason is told).</summary>
internal static class PasswordWords
{
    public static string Of(PageTexts texts, PasswordRefusal refusal) => refusal.Problem switch
    {
        PasswordProblem.TooShort => texts["NewPassword.TooShort", refusal.Limit],
        PasswordProblem.TooLong => texts["NewPassword.TooLong", refusal.Limit],
        PasswordProblem.Breached => texts["NewPassword.Breached"],
        PasswordProblem.ContextWord => texts["NewPassword.ContextWord"],
        PasswordProblem.Repetitive => texts["NewPassword.Repetitive"],
        _ => texts["NewPassword.Unusable"],
    };
}
