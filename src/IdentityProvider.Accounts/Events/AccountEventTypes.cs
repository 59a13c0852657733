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
}
