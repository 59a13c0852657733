namespace IdentityProvider.Accounts.Passkeys;

/// <summary>Where passkeys are made and used. The host sets it from the issuer, so that no request header decides.</summary>
public sealed record PasskeyOriginOptions
{
    /// <summary>The one origin whose pages may ask for a passkey; its host is the relying party id (WebAuthn §5.1.2).</summary>
    public string Origin { get; set; } = "";
}
