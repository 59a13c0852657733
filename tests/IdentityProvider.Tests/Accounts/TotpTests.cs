using System.Text;
using IdentityProvider.Accounts.Factors;
using Xunit;

namespace IdentityProvider.Tests.Accounts;

public sealed class TotpTests
{
    private static readonly byte[] s_secret = Encoding.ASCII.GetBytes("12345678901234567890");

    /// <summary>RFC 6238, appendix B, the last six digits.</summary>
    [Theory]
    [InlineData(59, "287082")]
    [InlineData(1111111109, "081804")]
    [InlineData(1234567890, "005924")]
    [InlineData(2000000000, "279037")]
    [InlineData(20000000000, "353130")]
    public void Codes_are_those_of_the_rfc(long seconds, string code)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(seconds);
        Assert.Equal(code, Totp.CodeAt(s_secret, Totp.StepAt(now)));
        Assert.Equal(Totp.StepAt(now), Totp.FindStep(s_secret, code, now));
    }

    [Fact]
    public void A_code_counts_one_step_early_and_one_late_and_not_two()
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000);
        var step = Totp.StepAt(now);
        Assert.Equal([null, step - 1, step, step + 1, null], new long[] { -2, -1, 0, 1, 2 }.Select(drift => Totp.FindStep(s_secret, Totp.CodeAt(s_secret, step + drift), now)));
    }

    /// <summary>RFC 4648 §10, without padding.</summary>
    [Theory]
    [InlineData("", "")]
    [InlineData("f", "MY")]
    [InlineData("fo", "MZXQ")]
    [InlineData("foo", "MZXW6")]
    [InlineData("foob", "MZXW6YQ")]
    [InlineData("fooba", "MZXW6YTB")]
    [InlineData("foobar", "MZXW6YTBOI")]
    public void The_secret_is_written_in_base32(string text, string encoded) => Assert.Equal(encoded, Totp.ToBase32(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void The_key_uri_names_issuer_and_account_and_escapes_them() => Assert.Equal(
        "otpauth://totp/Acme%20%26%20Co:alice%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Acme%20%26%20Co",
        Totp.KeyUri(s_secret, "Acme & Co", "alice@example.com"));

    [Fact]
    public void Recovery_codes_are_ten_all_different_and_read_however_they_are_typed()
    {
        var codes = RecoveryCodes.Create();
        Assert.Equal(10, codes.Distinct().Count());
        Assert.All(codes, code => Assert.Equal(code, RecoveryCodes.Normalize($"  {code.ToUpperInvariant().Replace('-', ' ')} ")));
        Assert.Null(RecoveryCodes.Normalize("k7wd-x3mp"));
        Assert.Null(RecoveryCodes.Normalize(""));
    }
}
