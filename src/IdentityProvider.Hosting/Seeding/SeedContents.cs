using System.Text.Json;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Scopes;

namespace IdentityProvider.Hosting.Seeding;

/// <summary>A person in a seed file.</summary>
internal sealed record SeedUser
{
    public required string Username { get; init; }

    /// <summary>The first password. Like address and profile, it is the person's own afterwards.</summary>
    public string? Password { get; init; }

    public string? Email { get; init; }

    public bool EmailVerified { get; init; }

    public IReadOnlyList<string> Roles { get; init; } = [];

    /// <summary>Any JSON values, by claim name.</summary>
    public IReadOnlyDictionary<string, JsonElement> Claims { get; init; } = new Dictionary<string, JsonElement>();

    /// <summary>The <c>sub</c> of the person; absent: a new one.</summary>
    public Guid? Subject { get; init; }
}

/// <summary>A value with the place where the operator wrote it.</summary>
/// <param name="File">The file.</param>
/// <param name="Path">The JSON path in it.</param>
/// <param name="Value">The value.</param>
internal sealed record Located<T>(string File, string Path, T Value)
{
    /// <summary>A problem with the value or one of its properties.</summary>
    public string Problem(string text, string property = "") => $"{File}: {Path}{(property.Length == 0 ? "" : "." + property)}: {text}";
}

/// <summary>Everything that the seed files say.</summary>
internal sealed class SeedContents
{
    public List<Located<Client>> Clients { get; } = [];

    public List<Located<ApiScope>> ApiScopes { get; } = [];

    public List<Located<ApiResource>> ApiResources { get; } = [];

    public List<Located<IdentityResource>> IdentityResources { get; } = [];

    public List<Located<SeedUser>> Users { get; } = [];

    /// <summary>Where secrets stand in plain text, which only demo data may do.</summary>
    public List<string> PlaintextSecrets { get; } = [];

    /// <summary>The clients and resources, in the shape of the store.</summary>
    public CatalogContents Catalog => new()
    {
        Clients = [.. Clients.Select(client => client.Value)],
        ApiScopes = [.. ApiScopes.Select(scope => scope.Value)],
        ApiResources = [.. ApiResources.Select(resource => resource.Value)],
        IdentityResources = [.. IdentityResources.Select(resource => resource.Value)],
    };
}
