namespace IdentityProvider.UI;

/// <summary>What the start page <c>/</c> shows. The host registers one.</summary>
public sealed record StartPageContents
{
    /// <summary>The issuer identifier.</summary>
    public required string Issuer { get; init; }

    /// <summary>Whether demo users, demo clients and the links for developers are shown.</summary>
    public bool Development { get; init; }

    /// <summary>Where the documentation is; absent: no link.</summary>
    public string? DocumentationUrl { get; init; }

    /// <summary>Demo users. Shown in Development only.</summary>
    public IReadOnlyList<DemoUser> Users { get; init; } = [];

    /// <summary>Demo clients. Shown in Development only.</summary>
    public IReadOnlyList<DemoClient> Clients { get; init; } = [];
}

/// <summary>A seeded user that a developer can sign in as.</summary>
/// <param name="Username">The user name.</param>
/// <param name="Password">The password, in clear: such users exist in Development only.</param>
public sealed record DemoUser(string Username, string Password);

/// <summary>A seeded client that a developer can try.</summary>
/// <param name="ClientId">The client identifier.</param>
/// <param name="Name">What people see.</param>
/// <param name="Summary">The grant types, or what it is for.</param>
public sealed record DemoClient(string ClientId, string Name, string Summary);
