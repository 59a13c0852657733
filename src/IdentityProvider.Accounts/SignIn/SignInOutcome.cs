namespace IdentityProvider.Accounts.SignIn;

/// <summary>What became of a sign-in.</summary>
public enum SignInOutcome
{
    /// <summary>The session exists, and its cookie is on the response.</summary>
    Succeeded,

    /// <summary>Unknown name, wrong password, or an account that may not sign in: one answer for all, at one cost.</summary>
    Refused,
}
