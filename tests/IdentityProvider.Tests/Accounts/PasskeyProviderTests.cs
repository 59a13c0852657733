using System.Formats.Cbor;
using IdentityProvider.Accounts.Passkeys;
using Xunit;

namespace IdentityProvider.Tests.Accounts;

public sealed class PasskeyProviderTests
{
    private static readonly Guid s_bitwarden = Guid.Parse("d548826e-79b4-db40-a3d8-11116f7e8349");

    [Fact]
    public void A_passkey_that_says_who_keeps_it_is_called_so() =>
        Assert.Equal("Bitwarden", PasskeyProviders.NameOf(Attestation(AuthenticatorData(s_bitwarden))));

    [Fact]
    public void One_that_nobody_knows_or_that_says_nothing_has_no_name()
    {
        Assert.Null(PasskeyProviders.NameOf(Attestation(AuthenticatorData(Guid.Empty))));
        Assert.Null(PasskeyProviders.NameOf(Attestation(AuthenticatorData(Guid.Parse("01020304-0506-0708-0102-030405060708")))));
        Assert.Null(PasskeyProviders.NameOf(Attestation(AuthenticatorData(s_bitwarden, flags: 0x05))));
    }

    [Fact]
    public void What_cannot_be_read_has_no_name()
    {
        var whole = Attestation(AuthenticatorData(s_bitwarden));
        Assert.All(Enumerable.Range(0, whole.Length), length => Assert.Null(PasskeyProviders.NameOf(whole.AsMemory(0, length))));
        Assert.Null(PasskeyProviders.NameOf(Attestation(AuthenticatorData(s_bitwarden).AsSpan(0, 52).ToArray())));
        Assert.Null(PasskeyProviders.NameOf("not CBOR at all"u8.ToArray()));
    }

    private static byte[] AuthenticatorData(Guid aaguid, byte flags = 0x45) => [.. new byte[32], flags, .. new byte[4], .. aaguid.ToByteArray(bigEndian: true)];

    /// <summary>WebAuthn §6.5.4, in the order in which authenticators write it.</summary>
    private static byte[] Attestation(byte[] authenticatorData)
    {
        var writer = new CborWriter(CborConformanceMode.Ctap2Canonical);
        writer.WriteStartMap(3);
        writer.WriteTextString("fmt");
        writer.WriteTextString("none");
        writer.WriteTextString("attStmt");
        writer.WriteStartMap(0);
        writer.WriteEndMap();
        writer.WriteTextString("authData");
        writer.WriteByteString(authenticatorData);
        writer.WriteEndMap();
        return writer.Encode();
    }
}
