using IdentityProvider.Protocol.Clients;

namespace IdentityProvider.Protocol.Scopes;

/// <summary>A scope of OpenID Connect: it grants claims about the person (OpenID Connect Core §5.4).</summary>
public sealed record IdentityResource
{
    /// <summary>Disabled ones cannot be requested.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>The scope's value.</summary>
    public required string Name { get; init; }

    /// <summary>What the consent page calls it.</summary>
    public string? DisplayName { get; init; }

    /// <summary>What the consent page says about it.</summary>
    public string? Description { get; init; }

    /// <summary>The person cannot deselect it.</summary>
    public bool Required { get; init; }

    /// <summary>The consent page stresses it.</summary>
    public bool Emphasize { get; init; }

    /// <summary>Whether discovery lists it.</summary>
    public bool ShowInDiscoveryDocument { get; init; } = true;

    /// <summary>Claims that the scope grants.</summary>
    public IReadOnlyList<string> UserClaims { get; init; } = [];
}

/// <summary>A scope of an API (RFC 6749 §3.3).</summary>
public sealed record ApiScope
{
    /// <summary>Disabled ones cannot be requested.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>The scope's value.</summary>
    public required string Name { get; init; }

    /// <summary>What the consent page calls it.</summary>
    public string? DisplayName { get; init; }

    /// <summary>What the consent page says about it.</summary>
    public string? Description { get; init; }

    /// <summary>The person cannot deselect it.</summary>
    public bool Required { get; init; }

    /// <summary>The consent page stresses it.</summary>
    public bool Emphasize { get; init; }

    /// <summary>Whether discovery lists it.</summary>
    public bool ShowInDiscoveryDocument { get; init; } = true;

    /// <summary>Claims about the person that access tokens with this scope carry.</summary>
    public IReadOnlyList<string> UserClaims { get; init; } = [];
}

/// <summary>An API: the audience of access tokens (RFC 9068 §3) and a caller of introspection (RFC 7662 §2.1).</summary>
public sealed record ApiResource
{
    /// <summary>Disabled ones are no audience and may not introspect.</summary>
    public bool Enabled { get; init; } = true;

    /// <summary>The value of <c>aud</c> and, at introspection, the user name of the API.</summary>
    public required string Name { get; init; }

    /// <summary>What people see.</summary>
    public string? DisplayName { get; init; }

    /// <summary>For operators.</summary>
    public string? Description { get; init; }

    /// <summary>The API's scopes.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>Secrets with which the API authenticates at introspection.</summary>
    public IReadOnlyList<ClientSecret> ApiSecrets { get; init; } = [];

    /// <summary>Claims about the person that access tokens for this API carry.</summary>
    public IReadOnlyList<string> UserClaims { get; init; } = [];

    /// <summary>The algorithms that the API validates, best first; empty: what the configuration says.</summary>
    public IReadOnlyList<string> AllowedAccessTokenSigningAlgorithms { get; init; } = [];

    /// <summary>Whether this API's scopes are granted only when its name is sent as <c>resource</c> (RFC 8707).</summary>
    public bool RequireResourceIndicator { get; init; }
}
