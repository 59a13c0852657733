using IdentityProvider.Accounts.OneTimeTokens;
using IdentityProvider.Accounts.Passwords;

namespace IdentityProvider.Accounts.Registration;

/// <summary>What somebody has typed to get an account.</summary>
/// <param name="Username">The user name.</param>
/// <param name="Email">The address.</param>
/// <param name="Password">The password.</param>
/// <param name="Culture">The language of the page, and so of the mails.</param>
public sealed record RegistrationForm(string? Username, string? Email, string? Password, string Culture);

/// <summary>What became of it. Nothing in it tells whether the address has an account.</summary>
public sealed record RegistrationAnswer
{
    /// <summary>What is wrong with the user name.</summary>
    public UsernameProblem? Username { get; init; }

    /// <summary>The address is none.</summary>
    public bool EmailInvalid { get; init; }

    /// <summary>What is wrong with the password.</summary>
    public PasswordRefusal? Password { get; init; }

    /// <summary>Too many accounts from this network; how long it has to wait.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>A mail is on its way, and this browser may type the code.</summary>
    public bool Succeeded => Username is null && !EmailInvalid && Password is null && RetryAfter is null;
}

/// <summary>A link to confirm an address, as its page shows it.</summary>
public sealed record VerificationLink
{
    /// <summary>How it stands.</summary>
    public required OneTimeTokenStatus Status { get; init; }

    /// <summary>
    /// It was opened in another browser than the one that registered, so whoever registered may be somebody else: the reader of the mail
    /// sets a password of their own, and nothing that was made before counts any more.
    /// </summary>
    public bool NeedsPassword { get; init; }

    /// <summary>The user name of the account.</summary>
    public string Username { get; init; } = "";

    internal Guid UserId { get; init; }
}

/// <summary>What became of a try to confirm an address.</summary>
public enum VerificationOutcome
{
    /// <summary>Confirmed, and this browser is signed in.</summary>
    SignedIn,

    /// <summary>Confirmed; the person signs in as usual.</summary>
    Confirmed,

    /// <summary>The code is wrong.</summary>
    WrongCode,

    /// <summary>There is nothing to confirm any more: used, expired, void, or too many tries.</summary>
    Over,
}
