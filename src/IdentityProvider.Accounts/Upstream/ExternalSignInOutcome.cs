namespace IdentityProvider.Accounts.Upstream;

/// <summary>What became of a sign-in with an account at another provider.</summary>
public enum ExternalSignInOutcome
{
    /// <summary>The session exists, and its cookie is on the response.</summary>
    Succeeded,

    /// <summary>The second factor of the person is still to come; there is no session yet.</summary>
    SecondFactorRequired,

    /// <summary>The account signs nobody in, and makes nobody an account.</summary>
    NoAccount,

    /// <summary>It would make an account, but somebody here has its e-mail address: they have to sign in and link it.</summary>
    AddressTaken,

    /// <summary>The person may not sign in, or not with this account.</summary>
    Refused,
}
