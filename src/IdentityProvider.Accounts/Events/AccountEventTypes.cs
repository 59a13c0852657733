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

    /// <summary>An account was made.</summary>
    public const string AccountCreated = "account_created";

    /// <summary>An account at another provider signs the person in from now on.</summary>
    public const string ExternalLoginLinked = "external_login_linked";

    /// <summary>It does so no more.</summary>
    public const string ExternalLoginUnlinked = "external_login_unlinked";
}
