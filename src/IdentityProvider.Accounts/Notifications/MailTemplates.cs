namespace IdentityProvider.Accounts.Notifications;

/// <summary>The mails that are sent, and the values that each takes.</summary>
public static class MailTemplates
{
    /// <summary>To who registers. Sealed: <c>code</c>, <c>token</c>. Values: <c>username</c>, <c>time</c>, <c>address</c>.</summary>
    public const string VerifyEmail = "verify-email";

    /// <summary>To who has an account, and whose address was used to register another one. Values: <c>username</c>, <c>time</c>, <c>address</c>.</summary>
    public const string AccountExists = "account-exists";

    /// <summary>To who has forgotten the password. Sealed: <c>token</c>. Values: <c>username</c>, <c>time</c>, <c>address</c>.</summary>
    public const string ResetPassword = "reset-password";

    /// <summary>To who wants to sign in by a code. Sealed: <c>code</c>. Values: <c>username</c>, <c>time</c>, <c>address</c>.</summary>
    public const string SignInCode = "sign-in-code";

    /// <summary>
    /// After a sign-in from a new device or country. Sealed: <c>token</c>, which says that it was somebody else. Values: <c>username</c>,
    /// <c>device</c> (a user agent), <c>country</c> (ISO 3166-1 alpha-2, if known), <c>time</c>, <c>address</c>.
    /// </summary>
    public const string NewSignIn = "new-sign-in";

    /// <summary>After somebody said so, and the account was locked. Values: <c>username</c>, <c>time</c>, <c>address</c>.</summary>
    public const string AccountLocked = "account-locked";

    /// <summary>An operator has locked the account: only they can unlock it.</summary>
    public const string LockedByOperator = "locked-by-operator";

    /// <summary>After a new password was set. Values: <c>username</c>, <c>time</c>, <c>address</c>.</summary>
    public const string PasswordChanged = "password-changed";

    /// <summary>After a refresh token was used that had been used before, and its grant was ended. Values: <c>username</c>, <c>client</c>, <c>time</c>.</summary>
    public const string TokenReused = "token-reused";

    /// <summary>To an address that an account is to have. Sealed: <c>code</c>, <c>token</c>. Values: <c>username</c>, <c>time</c>, <c>address</c>.</summary>
    public const string ChangeEmail = "change-email";

    /// <summary>To the address that an account had. Sealed: <c>token</c>, which takes the change back. Values: <c>username</c>, <c>time</c>, <c>address</c>.</summary>
    public const string EmailChanged = "email-changed";

    /// <summary>After a hundred wrong passwords in a row: where the account is not known, the password counts no more. Values: <c>username</c>, <c>time</c>.</summary>
    public const string PasswordRefused = "password-refused";

    /// <summary>After a way to sign in was added, removed or used up. Values: <c>username</c>, <c>change</c> (the type of the event), <c>time</c>, <c>address</c>.</summary>
    public const string SecurityChanged = "security-changed";

    /// <summary>After somebody asked for their account to be deleted. Values: <c>username</c>, <c>date</c>, <c>time</c>, <c>address</c>.</summary>
    public const string AccountDeletion = "account-deletion";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        VerifyEmail, AccountExists, ResetPassword, PasswordChanged, TokenReused, ChangeEmail, EmailChanged, PasswordRefused, SecurityChanged, AccountDeletion,
        NewSignIn, AccountLocked, LockedByOperator, SignInCode,
    ];
}
