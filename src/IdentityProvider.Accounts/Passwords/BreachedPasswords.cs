using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace IdentityProvider.Accounts.Passwords;

/// <summary>
/// Whether others can know a password: it is on the bundled list of common ones, or on the list of leaked ones, of which only a range is
/// asked for (k-anonymity). What cannot be asked is taken for good.
/// </summary>
internal sealed class BreachedPasswords(IBreachRanges ranges)
{
    private const int PrefixLength = 5;
    private const string Resource = "IdentityProvider.Accounts.Passwords.CommonPasswords.txt";

    private static readonly Lazy<HashSet<string>> s_common = new(ReadCommon);

    public static bool IsCommon(string password) => s_common.Value.Contains(Lower(NormalText.Of(password)));

    public async Task<bool> ContainsAsync(string password, CancellationToken cancellationToken)
    {
        if (IsCommon(password))
        {
            return true;
        }

        var hash = Hash(password);
        return await ranges.FindAsync(hash[..PrefixLength], cancellationToken) is { } lines && HasSuffix(lines, hash.AsSpan(PrefixLength));
    }

    /// <summary>Lines with the count zero are padding: they stand for nothing.</summary>
    private static bool HasSuffix(string lines, ReadOnlySpan<char> suffix)
    {
        foreach (var line in lines.AsSpan().EnumerateLines())
        {
            var colon = line.IndexOf(':');
            if (colon > 0
                && line[..colon].Equals(suffix, StringComparison.OrdinalIgnoreCase)
                && int.TryParse(line[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                && count > 0)
            {
                return true;
            }
        }

        return false;
    }

    [SuppressMessage("Security", "CA5350", Justification = "The list is made of SHA-1 hashes; nothing is protected by it here.")]
    private static string Hash(string password) => Convert.ToHexString(SHA1.HashData(Encoding.UTF8.GetBytes(password)));

    [SuppressMessage("Globalization", "CA1308", Justification = "The list is in lower case.")]
    private static string Lower(string password) => password.ToLowerInvariant();

    private static HashSet<string> ReadCommon()
    {
        using var stream = typeof(BreachedPasswords).Assembly.GetManifestResourceStream(Resource)
            ?? throw new InvalidOperationException($"{Resource} is missing.");
        using var reader = new StreamReader(stream);
        var passwords = new HashSet<string>(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
        {
            passwords.Add(line);
        }

        return passwords;
    }
}
