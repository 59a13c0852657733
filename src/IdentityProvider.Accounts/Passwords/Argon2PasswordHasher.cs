using System.Text;
using IdentityProvider.Accounts.Users;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Accounts.Passwords;

/// <summary>
/// Argon2id in PHC string form (RFC 9106), for ASP.NET Core Identity. Hashes of other kinds verify through
/// <see cref="IPasswordHashVerifier"/> and ask to be replaced.
/// </summary>
internal sealed class Argon2PasswordHasher(IOptions<Argon2Options> options, IEnumerable<IPasswordHashVerifier> verifiers) : IPasswordHasher<User>
{
    private const string Prefix = "$argon2id$";

    private readonly Argon2Options _options = options.Value;
    private readonly IPasswordHashVerifier[] _verifiers = [.. verifiers];

    public string HashPassword(User user, string password)
    {
        Span<byte> encoded = stackalloc byte[Sodium.EncodedSize];
        if (!Sodium.TryHash(Utf8(password), _options.Iterations, _options.MemoryKiB, encoded))
        {
            throw new InsufficientMemoryException("There is not enough memory for a password hash.");
        }

        return Encoding.ASCII.GetString(encoded[..encoded.IndexOf((byte)0)]);
    }

    public PasswordVerificationResult VerifyHashedPassword(User user, string hashedPassword, string providedPassword)
    {
        if (!hashedPassword.StartsWith(Prefix, StringComparison.Ordinal))
        {
            var verifier = Array.Find(_verifiers, v => v.Recognizes(hashedPassword));
            return verifier?.Verify(hashedPassword, providedPassword) == true
                ? PasswordVerificationResult.SuccessRehashNeeded
                : PasswordVerificationResult.Failed;
        }

        // libsodium reads a C string within 128 bytes.
        if (hashedPassword.Length >= Sodium.EncodedSize)
        {
            return PasswordVerificationResult.Failed;
        }

        Span<byte> encoded = stackalloc byte[Sodium.EncodedSize];
        encoded.Clear();
        Encoding.ASCII.GetBytes(hashedPassword, encoded);
        if (!Sodium.Verify(encoded, Utf8(providedPassword)))
        {
            return PasswordVerificationResult.Failed;
        }

        return Sodium.NeedsRehash(encoded, _options.Iterations, _options.MemoryKiB)
            ? PasswordVerificationResult.SuccessRehashNeeded
            : PasswordVerificationResult.Success;
    }

    /// <summary>NIST SP 800-63B-4 §3.1.1.2: the same characters typed on another keyboard are the same password.</summary>
    private static byte[] Utf8(string password) => Encoding.UTF8.GetBytes(NormalText.Of(password));
}
