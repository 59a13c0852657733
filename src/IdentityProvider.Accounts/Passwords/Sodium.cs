using System.Runtime.InteropServices;

namespace IdentityProvider.Accounts.Passwords;

/// <summary>The functions of libsodium that hash passwords with Argon2id.</summary>
internal static unsafe partial class Sodium
{
    public const int EncodedSize = 128;

    private const string Library = "libsodium";

    static Sodium()
    {
        if (sodium_init() < 0)
        {
            throw new InvalidOperationException("libsodium could not be initialised.");
        }
    }

    public static bool TryHash(ReadOnlySpan<byte> password, int iterations, int memoryKiB, Span<byte> encoded)
    {
        fixed (byte* output = encoded)
        fixed (byte* input = password)
        {
            return crypto_pwhash_str(output, input, (ulong)password.Length, (ulong)iterations, (nuint)memoryKiB * 1024) == 0;
        }
    }

    public static bool Verify(ReadOnlySpan<byte> encoded, ReadOnlySpan<byte> password)
    {
        fixed (byte* stored = encoded)
        fixed (byte* input = password)
        {
            return crypto_pwhash_str_verify(stored, input, (ulong)password.Length) == 0;
        }
    }

    public static bool NeedsRehash(ReadOnlySpan<byte> encoded, int iterations, int memoryKiB)
    {
        fixed (byte* stored = encoded)
        {
            return crypto_pwhash_str_needs_rehash(stored, (ulong)iterations, (nuint)memoryKiB * 1024) != 0;
        }
    }

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static partial int sodium_init();

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static partial int crypto_pwhash_str(byte* output, byte* password, ulong length, ulong iterations, nuint memory);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static partial int crypto_pwhash_str_verify(byte* encoded, byte* password, ulong length);

    [LibraryImport(Library)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static partial int crypto_pwhash_str_needs_rehash(byte* encoded, ulong iterations, nuint memory);
}
