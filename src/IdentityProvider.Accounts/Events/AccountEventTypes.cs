namespace IdentityProvider.Accounts.Events;

/// <summary>The types of events of accounts.</summary>
public static class AccountEventTypes
{
    /// <summary>Somebody signed in.</summary>
    public const string LoginSuccess = "login_success";

    /// <summary>Somebody did not.</summary>
    public const string LoginFailure = "login_failure";

    /// <summary>Somebody signed out.</summary>
    public const string Logout = "logout";

    /// <summary>Somebody has made an account.</summary>
    public const string Registration = "registration";

    /// <summary>An address was confirmed.</summary>
    public const string EmailVerified = "email_verified";

    /// <summary>A password was set by a mailed link.</summary>
    public const string PasswordReset = "password_reset";

    /// <summary>The address was changed.</summary>
    public const string EmailChange = "email_change";

    /// <summary>A change of the address was taken back: it was somebody else's.</summary>
    public const string EmailChangeUndone = "email_change_undone";

    /// <summary>A password was changed by its owner.</summary>
    public const string PasswordChange = "password_change";

    /// <summary>An account was made.</summary>
    public const string AccountCreated = "account_created";

    /// <summary>An account at another provider signs the person in from now on.</summary>
    public const string ExternalLoginLinked = "external_login_linked";

    /// <summary>It does so no more.</summary>
    public const string ExternalLoginUnlinked = "external_login_unlinked";

    /// <summary>The person changed their profile.</summary>
    public const string ProfileChanged = "profile_changed";

    /// <summary>The person ended sessions of theirs.</summary>
    public const string SessionsEnded = "sessions_ended";

    /// <summary>The person took the access of a client away.</summary>
    public const string ConsentWithdrawn = "consent_withdrawn";
}
