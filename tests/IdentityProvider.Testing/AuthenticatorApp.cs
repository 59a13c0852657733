using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace IdentityProvider.Testing;

/// <summary>The app on somebody's phone (RFC 6238), on the clock of the test. It shares no code with the server.</summary>
public sealed class AuthenticatorApp(byte[] secret, TimeProvider time)
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    private const int StepSeconds = 30;

    /// <summary>The app that has been told this secret, as the page shows it.</summary>
    public static AuthenticatorApp Of(string secret, TimeProvider time)
    {
        var bits = string.Concat(secret.Where(letter => letter != ' ')
            .Select(letter => Convert.ToString(Alphabet.IndexOf(letter, StringComparison.Ordinal), 2).PadLeft(5, '0')));
        return new AuthenticatorApp([.. bits.Chunk(8).Where(octet => octet.Length == 8).Select(octet => Convert.ToByte(new string(octet), 2))], time);
    }

    public string Code => CodeOf(0);

    /// <summary>A code that does not count now, nor a step earlier or later.</summary>
    public string WrongCode => Enumerable.Range(0, 4).Select(digit => new string((char)('0' + digit), 6)).First(code => !new[] { -1, 0, 1 }.Any(drift => CodeOf(drift) == code));

    /// <summary>The code of another time step: of the next one, say, which counts already.</summary>
    public string CodeOf(int drift)
    {
        var counter = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(counter, (time.GetUtcNow().ToUnixTimeSeconds() / StepSeconds) + drift);
#pragma warning disable CA5350 // What the RFC says.
        var mac = HMACSHA1.HashData(secret, counter);
#pragma warning restore CA5350
        var number = BinaryPrimitives.ReadUInt32BigEndian(mac.AsSpan(mac[19] & 0xf)) & 0x7fff_ffff;
        return (number % 1_000_000).ToString("D6", CultureInfo.InvariantCulture);
    }
}
