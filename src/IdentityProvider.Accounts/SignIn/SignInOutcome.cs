using IdentityProvider.Accounts.Throttling;
using IdentityProvider.Accounts.Users;

namespace IdentityProvider.Accounts.SignIn;

/// <summary>What became of a sign-in.</summary>
public enum SignInOutcome
{
    /// <summary>The session exists, and its cookie is on the response.</summary>
    Succeeded,

    /// <summary>The password was right; the second factor is still to come, and there is no session yet.</summary>
    SecondFactorRequired,

    /// <summary>All that was asked for was right, but the password is known to others: a new one comes first, and there is no session yet.</summary>
    NewPasswordRequired,

    /// <summary>Unknown name, wrong password, or an account that may not sign in: one answer for all, at one cost.</summary>
    Refused,

    /// <summary>All that was asked for was right, but the address has to be confirmed first: a mail is on its way, and there is no session yet.</summary>
    AddressUnverified,

    /// <summary>The code is used, expired, or of another browser, or too many wrong ones were tried: a new one is needed.</summary>
    Over,

    /// <summary>Too many failures came before it, so it was not checked.</summary>
    Throttled,

    /// <summary>So many failures came before it that it is checked only after some work of the browser.</summary>
    WorkRequired,
}

/// <summary>What became of a sign-in.</summary>
/// <param name="Outcome">The outcome.</param>
/// <param name="RetryAfter">When throttled: how long until the next try is checked.</param>
/// <param name="OfferPasskey">The person has no passkey, and has not said "not now" to one.</param>
/// <param name="UnknownPasskey">The id of a refused passkey that nobody has here.</param>
public readonly record struct SignInAnswer(SignInOutcome Outcome, TimeSpan RetryAfter = default, bool OfferPasskey = false, string? UnknownPasskey = null)
{
    /// <summary>What the next attempt needs; null: nothing.</summary>
    public WorkChallenge? Work { get; init; }

    /// <summary>Whose address has to be confirmed.</summary>
    internal User? Unverified { get; init; }

    /// <summary>What they have proved, for the session that begins when the address is confirmed.</summary>
    internal Proof? Proof { get; init; }
}
