using System.Text.Json.Serialization;
using IdentityProvider.Protocol.Keys;

namespace IdentityProvider.Protocol.Clients;

/// <summary>
/// A registered client (RFC 6749 §2), in the property names that Duende IdentityServer made usual in .NET.
/// All lifetimes are seconds.
/// </summary>
public sealed record Client
{
    /// <summary>A disabled client can do nothing, and its grants are dead while it is disabled.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>The client identifier (RFC 6749 §2.2).</summary>
    public required string ClientId { get; init; }

    /// <summary>What people see.</summary>
    public string? ClientName { get; init; }

    /// <summary>The client's home page.</summary>
    public string? ClientUri { get; init; }

    /// <summary>The client's logo.</summary>
    public string? LogoUri { get; init; }

    /// <summary>For operators.</summary>
    public string? Description { get; init; }

    /// <summary>The client's privacy policy.</summary>
    public string? PolicyUri { get; init; }

    /// <summary>The client's terms of service.</summary>
    public string? TosUri { get; init; }

    /// <summary>Shared secrets; several, so that they can overlap while one is replaced.</summary>
    public IReadOnlyList<ClientSecret> ClientSecrets { get; init; } = [];

    /// <summary>False makes it a public client (RFC 6749 §2.1).</summary>
    public bool RequireClientSecret { get; init; } = true;

    /// <summary>
    /// The one authentication method that this client may use: <c>client_secret_basic</c>, <c>client_secret_post</c> or <c>none</c>.
    /// Absent: any that its secrets allow.
    /// </summary>
    public string? TokenEndpointAuthMethod { get; init; }

    /// <summary>Whether the client runs on a server or on somebody's device.</summary>
    public ApplicationType ApplicationType { get; init; } = ApplicationType.Web;

    /// <summary>The rules that the client is held to.</summary>
    public ClientProfile Profile { get; init; } = ClientProfile.Oidc;

    /// <summary>The grant types that the client may use.</summary>
    public IReadOnlyList<string> AllowedGrantTypes { get; init; } = [];

    /// <summary>Whether a code request needs a PKCE challenge (RFC 7636). Public clients always need one.</summary>
    public bool RequirePkce { get; init; } = true;

    /// <summary>Redirect URIs, compared as exact strings.</summary>
    public IReadOnlyList<string> RedirectUris { get; init; } = [];

    /// <summary>Where a person may be sent after logout, compared as exact strings.</summary>
    public IReadOnlyList<string> PostLogoutRedirectUris { get; init; } = [];

    /// <summary>Scopes that the client may ask for.</summary>
    public IReadOnlyList<string> AllowedScopes { get; init; } = [];

    /// <summary>Whether <c>offline_access</c> may be granted, and so refresh tokens.</summary>
    public bool AllowOfflineAccess { get; init; }

    /// <summary>Origins that may call token, userinfo and revocation from a browser.</summary>
    public IReadOnlyList<string> AllowedCorsOrigins { get; init; } = [];

    /// <summary>Whether the person is asked before the client gets anything.</summary>
    public bool RequireConsent { get; init; }

    /// <summary>Whether the answer may be remembered.</summary>
    public bool AllowRememberConsent { get; init; } = true;

    /// <summary>How long a remembered answer holds; absent: until it is withdrawn.</summary>
    public int? ConsentLifetime { get; init; }

    /// <summary>JWT or reference.</summary>
    public AccessTokenType AccessTokenType { get; init; } = AccessTokenType.Jwt;

    /// <summary>Absent: what the configuration says (900).</summary>
    public int? AccessTokenLifetime { get; init; }

    /// <summary>Absent: what the configuration says (300).</summary>
    public int? IdentityTokenLifetime { get; init; }

    /// <summary>Absent: what the configuration says (60).</summary>
    public int? AuthorizationCodeLifetime { get; init; }

    /// <summary>Absent: what the configuration says (30 days).</summary>
    public int? AbsoluteRefreshTokenLifetime { get; init; }

    /// <summary>Absent: what the configuration says (14 days).</summary>
    public int? SlidingRefreshTokenLifetime { get; init; }

    /// <summary>Absent: one-time for public clients, reusable for confidential ones, which are bound by their authentication.</summary>
    public RefreshTokenUsage? RefreshTokenUsage { get; init; }

    /// <summary>How many seconds after a rotation the previous token gets the same successor again; absent: what the configuration says (30).</summary>
    public int? RefreshTokenRetryWindow { get; init; }

    /// <summary>How many seconds after a rotation an authenticated client may still ask, once, for a lost successor; absent: what the configuration says (600).</summary>
    public int? RefreshTokenLostResponseWindow { get; init; }

    /// <summary>Whether refresh tokens are held to network and user agent. Absent: what the configuration says for public clients; off for confidential ones, whose network is their server's.</summary>
    public DeviceBinding? RefreshTokenDeviceBinding { get; init; }

    /// <summary>Whether use extends a refresh token's life.</summary>
    public TokenExpiration RefreshTokenExpiration { get; init; } = TokenExpiration.Sliding;

    /// <summary>Whether refresh tokens end with the person's session. Absent: true for public clients, false for confidential ones.</summary>
    public bool? CoordinateLifetimeWithUserSession { get; init; }

    /// <summary>How old the person's authentication may be for this client, in seconds; absent: any age.</summary>
    public int? UserSsoLifetime { get; init; }

    /// <summary>Whether scope claims are put into ID tokens too, for clients that do not call userinfo.</summary>
    public bool AlwaysIncludeUserClaimsInIdToken { get; init; }

    /// <summary>The algorithms that this client accepts for ID tokens, best first; empty: RS256.</summary>
    public IReadOnlyList<string> AllowedIdentityTokenSigningAlgorithms { get; init; } = [];

    /// <summary>The algorithm of this client's access tokens; absent: what the resource or the configuration says.</summary>
    public string? AccessTokenSigningAlgorithm { get; init; }

    /// <summary>Where a sign-in at this client starts (OpenID Connect Core §4); where an expired page leads back to.</summary>
    public string? InitiateLoginUri { get; init; }

    /// <summary>Where the client is told, server to server, that a session has ended (OpenID Connect Back-Channel Logout §2.2).</summary>
    public string? BackChannelLogoutUri { get; init; }

    /// <summary>Whether the client needs <c>sid</c> in logout tokens. It is always there; without it a client would have to end all of a person's sessions.</summary>
    public bool BackChannelLogoutSessionRequired { get; init; } = true;

    /// <summary>A page of the client that is opened in a hidden frame when a session has ended (OpenID Connect Front-Channel Logout §2).</summary>
    public string? FrontChannelLogoutUri { get; init; }

    /// <summary>Whether that page is given <c>iss</c> and <c>sid</c>.</summary>
    public bool FrontChannelLogoutSessionRequired { get; init; } = true;

    /// <summary>Whether the client cannot keep a secret (RFC 6749 §2.1).</summary>
    [JsonIgnore]
    public bool IsPublic => !RequireClientSecret || TokenEndpointAuthMethod == "none";

    /// <summary>Whether a code request of this client must carry a challenge.</summary>
    [JsonIgnore]
    public bool NeedsPkce => RequirePkce || IsPublic || Profile != ClientProfile.Oidc;

    /// <summary>Whether a refresh token changes at each use.</summary>
    [JsonIgnore]
    public bool RotatesRefreshTokens =>
        Profile != ClientProfile.Fapi2
        && (RefreshTokenUsage ?? (IsPublic ? Clients.RefreshTokenUsage.OneTimeOnly : Clients.RefreshTokenUsage.ReUse))
            == Clients.RefreshTokenUsage.OneTimeOnly;

    /// <summary>The algorithm of what is signed for this client itself: ID tokens and logout tokens.</summary>
    [JsonIgnore]
    public string IdentityTokenAlgorithm =>
        AllowedIdentityTokenSigningAlgorithms.FirstOrDefault(SigningAlgorithms.All.Contains) ?? SigningAlgorithms.RS256;

    /// <summary>Whether refresh tokens end with the session, unless the person consented to offline access.</summary>
    [JsonIgnore]
    public bool EndsWithSession => CoordinateLifetimeWithUserSession ?? IsPublic;
}
