using System.Collections.Frozen;
using System.Formats.Cbor;

namespace IdentityProvider.Accounts.Passkeys;

/// <summary>
/// Who keeps a passkey, as far as its AAGUID says so (WebAuthn Level 3 §6.5.1). Without attestation anybody can claim any AAGUID: the name helps
/// a person to tell keys apart, and nothing is decided by it.
/// </summary>
internal static class PasskeyProviders
{
    // WebAuthn §6.1: 32 bytes of the RP id's hash, 1 of flags, 4 of a counter; then, if the flag says so, the AAGUID.
    private const int FlagsAt = 32;
    private const int AaguidAt = 37;
    private const int AaguidLength = 16;
    private const byte HasCredentialData = 0x40;

    private static readonly FrozenDictionary<Guid, string> s_names = new Dictionary<string, string>
    {
        ["08987058-cadc-4b81-b6e1-30de50dcbe96"] = "Windows Hello",
        ["6028b017-b1d4-4c02-b4b3-afcdafc96bb2"] = "Windows Hello",
        ["9ddd1817-af5a-4672-a2b9-3e3dd95000a9"] = "Windows Hello",
        ["fbfc3007-154e-4ecc-8c0b-6e020557d7bd"] = "iCloud Keychain",
        ["dd4ec289-e01d-41c9-bb89-70fa845d4bf2"] = "iCloud Keychain",
        ["ea9b8d66-4d01-1d21-3ce4-b6b48cb575d4"] = "Google Password Manager",
        ["adce0002-35bc-c60a-648b-0b25f1f05503"] = "Chrome on Mac",
        ["b5397666-4885-aa6b-cebf-e52262a439a2"] = "Chromium",
        ["771b48fd-d3d4-4f74-9232-fc157ab0507a"] = "Edge on Mac",
        ["53414d53-554e-4700-0000-000000000000"] = "Samsung Pass",
        ["bada5566-a7aa-401f-bd96-45619a55120d"] = "1Password",
        ["d548826e-79b4-db40-a3d8-11116f7e8349"] = "Bitwarden",
        ["531126d6-e717-415c-9320-3d9aa6981239"] = "Dashlane",
        ["f3809540-7f14-49c1-a8b3-8f813b225541"] = "Enpass",
        ["0ea242b4-43c4-4a1b-8b17-dd6d0b6baec6"] = "Keeper",
        ["fdb141b2-5d84-443e-8a35-4698c205a502"] = "KeePassXC",
        ["b84e4048-15dc-4dd0-8640-f4f60813c8af"] = "NordPass",
        ["50726f74-6f6e-5061-7373-50726f746f6e"] = "Proton Pass",
        ["cb69481e-8ff7-4039-93ec-0a2729a154a8"] = "YubiKey",
        ["ee882879-721c-4913-9775-3dfcce97072a"] = "YubiKey",
    }.ToFrozenDictionary(pair => Guid.Parse(pair.Key), pair => pair.Value);

    /// <summary>The name of who keeps the passkey that was made with this attestation object; null: it does not say, or is not known.</summary>
    public static string? NameOf(ReadOnlyMemory<byte> attestationObject)
    {
        try
        {
            var reader = new CborReader(attestationObject, CborConformanceMode.Lax);
            for (var left = reader.ReadStartMap() ?? 0; left > 0; left--)
            {
                if (reader.ReadTextString() != "authData")
                {
                    reader.SkipValue();
                    continue;
                }

                var data = reader.ReadByteString();
                return data.Length >= AaguidAt + AaguidLength && (data[FlagsAt] & HasCredentialData) != 0
                    ? s_names.GetValueOrDefault(new Guid(data.AsSpan(AaguidAt, AaguidLength), bigEndian: true))
                    : null;
            }
        }
        catch (Exception e) when (e is CborContentException or InvalidOperationException)
        {
            // A key that was brought in from elsewhere may come without one that can be read.
        }

        return null;
    }
}
