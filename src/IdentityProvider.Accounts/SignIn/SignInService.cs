using Microsoft.AspNetCore.Http;

namespace IdentityProvider.Accounts.SignIn;

/// <summary>Signs people in at this browser.</summary>
public sealed class SignInService
{
    /// <summary>
    /// Checks user name or e-mail address and password, and on success starts a new session and puts its cookie on the response.
    /// An unknown name costs the same time as a wrong password.
    /// </summary>
    /// <exception cref="OverloadedException">Too many hashes are waiting.</exception>
    public Task<SignInOutcome> PasswordSignInAsync(HttpContext context, string identifier, string password, bool remember) => throw new NotSupportedException();

    /// <summary>Ends the session of this browser, if there is one, and removes the cookie.</summary>
    public Task SignOutAsync(HttpContext context) => throw new NotSupportedException();
}
