using System.ComponentModel.DataAnnotations;

namespace IdentityProvider.Accounts.Passkeys;

/// <summary>Section <c>Passkeys</c>: where passkeys are made and used. No request header decides it.</summary>
public sealed record PasskeyOptions : IValidatableObject
{
    /// <summary>
    /// The relying party id (WebAuthn §5.1.2); absent: the issuer's host. A parent domain of it lets passkeys survive a move to another host of
    /// that domain, and lets every host of that domain ask for them. Once there are passkeys it must not change: they belong to it.
    /// </summary>
    public string RelyingPartyId { get; set; } = "";

    /// <summary>Origins, exactly as browsers write them, whose pages may use passkeys besides the issuer's own. None: the issuer alone.</summary>
    public IReadOnlyList<string> Origins { get; set; } = [];

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (index, origin) in Origins.Index())
        {
            // The first one is the issuer's, which has rules of its own.
            if (!Uri.TryCreate(origin, UriKind.Absolute, out var url) || origin != url.GetLeftPart(UriPartial.Authority)
                || (index > 0 && url.Scheme != Uri.UriSchemeHttps && !(url.Scheme == Uri.UriSchemeHttp && url.IsLoopback)))
            {
                yield return new ValidationResult($"'{origin}' is not an origin such as https://id.example.com.", [nameof(Origins)]);
            }
            else if (!IsWithin(url.IdnHost, RelyingPartyId))
            {
                yield return new ValidationResult($"'{RelyingPartyId}' is neither the host of {origin} nor a parent domain of it.", [nameof(RelyingPartyId)]);
            }
        }
    }

    /// <summary>The host itself, or a domain above it that is not a top-level one.</summary>
    private static bool IsWithin(string host, string domain) =>
        host == domain || (domain.Contains('.', StringComparison.Ordinal) && host.EndsWith("." + domain, StringComparison.Ordinal));
}
