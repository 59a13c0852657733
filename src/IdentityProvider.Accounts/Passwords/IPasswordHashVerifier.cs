using IdentityProvider.Accounts.Users;
using Microsoft.AspNetCore.Identity;

namespace IdentityProvider.Accounts.Passwords;

/// <summary>
/// Verifies hashes that another system made, so that people keep their passwords when they move here. A host may add more.
/// What it verifies is replaced by Argon2id at that sign-in.
/// </summary>
public interface IPasswordHashVerifier
{
    /// <summary>Whether the hash is of the kind that this verifier knows.</summary>
    bool Recognizes(string hash);

    /// <summary>Whether the password is the one that was hashed. A malformed hash is a wrong password, not an exception.</summary>
    bool Verify(string hash, string password);
}

/// <summary>The hashes of ASP.NET Core Identity, versions 2 and 3 (PBKDF2).</summary>
internal sealed class IdentityHashVerifier : IPasswordHashVerifier
{
    private const int ShortestHash = 49;
    private const byte Version2 = 0x00;
    private const byte Version3 = 0x01;

    private readonly PasswordHasher<User> _hasher = new();
    private readonly User _nobody = new();

    public bool Recognizes(string hash)
    {
        var bytes = new byte[hash.Length];
        return Convert.TryFromBase64String(hash, bytes, out var length)
            && length >= ShortestHash
            && bytes[0] is Version2 or Version3;
    }

    public bool Verify(string hash, string password) =>
        _hasher.VerifyHashedPassword(_nobody, hash, password) != PasswordVerificationResult.Failed;
}
