namespace IdentityProvider.Accounts.Events;

/// <summary>The types of events of accounts.</summary>
public static class AccountEventTypes
{
    /// <summary>Somebody signed in.</summary>
    public const string LoginSuccess = "login_success";

    /// <summary>Somebody did not.</summary>
    public const string LoginFailure = "login_failure";

    /// <summary>Somebody who was signed in has proved it anew, or proved more.</summary>
    public const string LoginRenewed = "login_renewed";

    /// <summary>A limit of failures was reached.</summary>
    public const string SuspiciousActivity = "suspicious_activity";

    /// <summary>Somebody signed out.</summary>
    public const string Logout = "logout";

    /// <summary>Somebody has made an account.</summary>
    public const string Registration = "registration";

    /// <summary>An address was confirmed.</summary>
    public const string EmailVerified = "email_verified";

    /// <summary>A password was set by a mailed link, or by an operator.</summary>
    public const string PasswordReset = "password_reset";

    /// <summary>The address was changed.</summary>
    public const string EmailChange = "email_change";

    /// <summary>A change of the address was taken back: it was somebody else's.</summary>
    public const string EmailChangeUndone = "email_change_undone";

    /// <summary>The person says that a sign-in was somebody else's.</summary>
    public const string SignInDenied = "sign_in_denied";

    /// <summary>An operator has locked the account.</summary>
    public const string AccountLocked = "account_locked";

    /// <summary>An operator lets the person sign in again.</summary>
    public const string AccountUnlocked = "account_unlocked";

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

    /// <summary>A second factor was right.</summary>
    public const string MfaSuccess = "mfa_success";

    /// <summary>A second factor was wrong: whoever tried it had the password, or a session.</summary>
    public const string MfaFailure = "mfa_failure";

    /// <summary>A passkey was added.</summary>
    public const string PasskeyAdded = "passkey_added";

    /// <summary>A passkey was removed.</summary>
    public const string PasskeyRemoved = "passkey_removed";

    /// <summary>An authenticator app was set up.</summary>
    public const string MfaEnabled = "mfa_enabled";

    /// <summary>The authenticator app was removed.</summary>
    public const string MfaDisabled = "mfa_disabled";

    /// <summary>New recovery codes replaced the old ones.</summary>
    public const string MfaRecoveryCodesCreated = "mfa_recovery_codes_created";

    /// <summary>An operator has handed out a code that stands in for a second factor once.</summary>
    public const string OneTimeCodeIssued = "one_time_code_issued";

    /// <summary>A code of an operator was used up.</summary>
    public const string OneTimeCodeUsed = "one_time_code_used";

    /// <summary>A recovery code was used up.</summary>
    public const string RecoveryCodeUsed = "recovery_code_used";

    /// <summary>The person took a copy of all that is stored about them.</summary>
    public const string DataExported = "data_exported";

    /// <summary>The person wants their account deleted after the grace.</summary>
    public const string DeletionRequested = "deletion_requested";

    /// <summary>The person keeps their account.</summary>
    public const string DeletionCancelled = "deletion_cancelled";

    /// <summary>The account was deleted.</summary>
    public const string AccountDeleted = "account_deleted";
}
