namespace IdentityProvider.Accounts.SignIn;

/// <summary>Too many password hashes are waiting: answer 503 with Retry-After. The token endpoint does not feel it.</summary>
public sealed class OverloadedException() : Exception("Too many sign-ins are waiting for a password check.");
