using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;

namespace IdentityProvider.Protocol.Upstream;

/// <summary>What kind of provider it is: what need not be configured, and what is known to be different about it.</summary>
public enum UpstreamPreset
{
    /// <summary>Any OpenID Connect provider.</summary>
    Oidc,

    /// <summary>Google.</summary>
    Google,

    /// <summary>Microsoft Entra ID, and personal Microsoft accounts.</summary>
    Microsoft,

    /// <summary>GitHub or a GitHub Enterprise Server: OAuth and its user API, since it is no OpenID provider.</summary>
    GitHub,
}

/// <summary>What a demand for a fresh sign-in (<c>prompt=login</c>, <c>max_age</c>) means at a provider.</summary>
public enum FreshSignIn
{
    /// <summary>It is handed on, and <c>auth_time</c> has to prove it.</summary>
    Checked,

    /// <summary>It is handed on; a provider that says nothing of the time is believed.</summary>
    Asked,
}

/// <summary>Section <c>Upstream</c>: providers at which people may sign in to this one.</summary>
public sealed partial record UpstreamOptions : IValidatableObject
{
    private const int LongestName = 32;

    /// <summary>The providers by name. The name stands in addresses and, at a new account, nowhere else. None: people sign in here.</summary>
    public IReadOnlyDictionary<string, UpstreamProviderOptions> Providers { get; set; } = new Dictionary<string, UpstreamProviderOptions>();

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var realms = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, provider) in Providers)
        {
            if (name.Length > LongestName || !Names().IsMatch(name) || name.Equals("callback", StringComparison.OrdinalIgnoreCase))
            {
                yield return new ValidationResult(
                    $"a name has at most {LongestName} letters, digits and hyphens, and is not 'callback'.", [$"{nameof(Providers)}:{name}"]);
            }

            foreach (var problem in provider.Problems())
            {
                yield return new ValidationResult(problem.ErrorMessage, [.. problem.MemberNames.Select(member => $"{nameof(Providers)}:{name}:{member}")]);
            }

            foreach (var realm in provider.HomeRealms.Where(realm => !realms.TryAdd(realm, name)))
            {
                yield return new ValidationResult($"'{realm}' is a home realm of {realms[realm]} already.", [$"{nameof(Providers)}:{name}:HomeRealms"]);
            }
        }
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9-]*$")]
    private static partial Regex Names();
}

/// <summary>One provider.</summary>
public sealed partial record UpstreamProviderOptions
{
    private static readonly string[] s_levels = ["1", "2", "phr"];

    /// <summary>Oidc: everything is configured, and what the provider says is checked most strictly.</summary>
    public UpstreamPreset Preset { get; set; }

    /// <summary>The issuer identifier. Absent: what the preset knows; a generic provider must have it.</summary>
    public string? Authority { get; set; }

    /// <summary>Our client id there.</summary>
    public string? ClientId { get; set; }

    /// <summary>Our secret there; there is no provider without one, since this server can keep it.</summary>
    public string? ClientSecret { get; set; }

    /// <summary>Empty: <c>openid profile email</c>, or what the preset needs.</summary>
    public IReadOnlyList<string> Scopes { get; set; } = [];

    /// <summary>What the provider is called on the pages. Absent: the preset's name, or the name of the setting.</summary>
    [StringLength(40)]
    public string? DisplayName { get; set; }

    /// <summary>A path on this server, since the pages load nothing from elsewhere; absent: no icon.</summary>
    [RegularExpression("^/(?![/\\\\]).*$", ErrorMessage = "it must be a path on this server, such as /icons/contoso.svg.")]
    public string? IconUrl { get; set; }

    /// <summary>Domains of e-mail addresses whose people sign in there. With any, the sign-in page asks for the name first.</summary>
    public IReadOnlyList<string> HomeRealms { get; set; } = [];

    /// <summary>False: who is known there is not yet somebody here. True: the first sign-in makes an account.</summary>
    public bool AllowRegistration { get; set; }

    /// <summary>
    /// Whether an address that the provider calls verified is held to be verified. Absent: true for GitHub and, for the addresses that it
    /// is the authority of, Google; false for others, where an administrator or the person can often write any address.
    /// </summary>
    public bool? TrustEmail { get; set; }

    /// <summary>Absent: Checked for a generic provider, Asked for a preset, since none of them says by itself when somebody signed in.</summary>
    public FreshSignIn? FreshSignIn { get; set; }

    /// <summary>Which of the provider's <c>acr</c> values are believed, and what they are here: 1, 2 or phr. Empty: a sign-in there is one factor.</summary>
    public IReadOnlyDictionary<string, string> TrustedAcr { get; set; } = new Dictionary<string, string>();

    /// <summary>Without the secret: options end up in logs.</summary>
    public override string ToString() => $"{Preset} {Authority} {ClientId}";

    internal IEnumerable<ValidationResult> Problems()
    {
        var results = new List<ValidationResult>();
        Validator.TryValidateObject(this, new ValidationContext(this), results, validateAllProperties: true);
        return results.Concat(OtherProblems());
    }

    private IEnumerable<ValidationResult> OtherProblems()
    {
        if (!Enum.IsDefined(Preset))
        {
            yield return new ValidationResult("set it to Oidc, Google, Microsoft or GitHub.", [nameof(Preset)]);
        }

        if (FreshSignIn is { } fresh && !Enum.IsDefined(fresh))
        {
            yield return new ValidationResult("set it to Checked or Asked.", [nameof(FreshSignIn)]);
        }

        if (Authority is null ? Preset == UpstreamPreset.Oidc : !IsAuthority(Authority))
        {
            yield return new ValidationResult("set it to the issuer identifier of the provider, an https address such as https://id.contoso.com.", [nameof(Authority)]);
        }

        if (string.IsNullOrWhiteSpace(ClientId))
        {
            yield return new ValidationResult("set it to the client id that the provider has given.", [nameof(ClientId)]);
        }

        if (string.IsNullOrWhiteSpace(ClientSecret))
        {
            yield return new ValidationResult("set it to the client secret that the provider has given.", [nameof(ClientSecret)]);
        }

        if (Preset != UpstreamPreset.GitHub && Scopes.Count > 0 && !Scopes.Contains("openid"))
        {
            yield return new ValidationResult("openid is missing, without which nobody says who signed in.", [nameof(Scopes)]);
        }

        foreach (var realm in HomeRealms.Where(realm => !Domains().IsMatch(realm)))
        {
            yield return new ValidationResult($"'{realm}' is not a domain such as contoso.com.", [nameof(HomeRealms)]);
        }

        foreach (var (acr, level) in TrustedAcr.Where(entry => !s_levels.Contains(entry.Value)))
        {
            yield return new ValidationResult($"'{acr}' is {level} here, which is none of 1, 2 and phr.", [nameof(TrustedAcr)]);
        }
    }

    /// <summary>http is for loopback in Development; elsewhere nothing calls it.</summary>
    private static bool IsAuthority(string value) =>
        Uri.TryCreate(value, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
        && uri is { Query: "", Fragment: "", UserInfo: "" };

    [GeneratedRegex(@"^([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])$")]
    private static partial Regex Domains();
}
