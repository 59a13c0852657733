namespace IdentityProvider.Protocol.Upstream;

/// <summary>A provider at which people may sign in, with everything that its preset knows.</summary>
public sealed class UpstreamProvider
{
    private static readonly string[] s_scopes = ["openid", "profile", "email"];

    internal UpstreamProvider(string name, UpstreamProviderOptions options)
    {
        Name = name;
        Preset = options.Preset;
        ClientId = options.ClientId ?? "";
        ClientSecret = options.ClientSecret ?? "";
        IconUrl = options.IconUrl;
        HomeRealms = options.HomeRealms;
        AllowRegistration = options.AllowRegistration;
        TrustedAcr = options.TrustedAcr;
        DisplayName = options.DisplayName ?? (Preset == UpstreamPreset.Oidc ? name : Preset.ToString());
        Scopes = options.Scopes.Count > 0 ? options.Scopes : Preset == UpstreamPreset.GitHub ? ["read:user", "user:email"] : s_scopes;
        TrustEmail = options.TrustEmail ?? Preset is UpstreamPreset.GitHub or UpstreamPreset.Google;
        FreshSignIn = options.FreshSignIn ?? (Preset == UpstreamPreset.Oidc ? FreshSignIn.Checked : FreshSignIn.Asked);
        Authority = options.Authority ?? Preset switch
        {
            UpstreamPreset.Google => "https://accounts.google.com",
            UpstreamPreset.Microsoft => "https://login.microsoftonline.com/common/v2.0",
            _ => GitHubAccounts.PublicSite,
        };
    }

    /// <summary>The name in addresses.</summary>
    public string Name { get; }

    /// <summary>The name on pages.</summary>
    public string DisplayName { get; }

    /// <summary>A path on this server; null: no icon.</summary>
    public string? IconUrl { get; }

    /// <summary>Whether the first sign-in of somebody unknown makes an account.</summary>
    public bool AllowRegistration { get; }

    internal UpstreamPreset Preset { get; }

    internal string Authority { get; }

    internal string ClientId { get; }

    internal string ClientSecret { get; }

    internal IReadOnlyList<string> Scopes { get; }

    internal IReadOnlyList<string> HomeRealms { get; }

    internal IReadOnlyDictionary<string, string> TrustedAcr { get; }

    internal bool TrustEmail { get; }

    internal FreshSignIn FreshSignIn { get; }

    /// <summary>Google and GitHub know no <c>prompt=login</c>: the nearest that they have is the choice of the account.</summary>
    internal bool KnowsFreshSignIn => Preset is UpstreamPreset.Oidc or UpstreamPreset.Microsoft;
}
