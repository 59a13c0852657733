namespace IdentityProvider.Protocol.Clients;

/// <summary>How an access token is represented.</summary>
public enum AccessTokenType
{
    /// <summary>A self-contained JWT (RFC 9068).</summary>
    Jwt,

    /// <summary>An opaque handle that resources resolve by introspection (RFC 7662).</summary>
    Reference,
}

/// <summary>Whether a refresh token changes at each use.</summary>
public enum RefreshTokenUsage
{
    /// <summary>The same refresh token is used until it expires.</summary>
    ReUse,

    /// <summary>Each use yields the next refresh token of the family.</summary>
    OneTimeOnly,
}

/// <summary>How a refresh token's life is measured.</summary>
public enum TokenExpiration
{
    /// <summary>Each use extends the life by the sliding lifetime, up to the absolute one.</summary>
    Sliding,

    /// <summary>The token expires at a fixed point in time.</summary>
    Absolute,
}

/// <summary>
/// What it means when a refresh token is used from another network (/24, /48) or user-agent family than the last time. Only a signal: a
/// proof of possession is what really binds a token.
/// </summary>
public enum DeviceBinding
{
    /// <summary>Nothing.</summary>
    Off,

    /// <summary>It is accepted, and a security event says so.</summary>
    Signal,

    /// <summary>It is refused, nothing changes, and a security event says so. A person who changes networks signs in again.</summary>
    Enforce,
}

/// <summary>OpenID Connect Dynamic Client Registration §2.</summary>
public enum ApplicationType
{
    /// <summary>A web application with https redirect URIs.</summary>
    Web,

    /// <summary>An installed application with loopback or custom-scheme redirect URIs (RFC 8252).</summary>
    Native,
}

/// <summary>A bundle of rules that a client is held to.</summary>
public enum ClientProfile
{
    /// <summary>OpenID Connect Core.</summary>
    Oidc,

    /// <summary>OAuth 2.1: PKCE always.</summary>
    OAuth21,

    /// <summary>FAPI 2.0 Security Profile.</summary>
    Fapi2,
}
