using System.Text.Json;
using System.Text.Json.Nodes;
using IdentityProvider.Protocol.Clients;

namespace IdentityProvider.Hosting.Seeding;

/// <summary>One difference between files and store, as <c>seed plan</c> prints it.</summary>
/// <param name="Sign"><c>+</c> is added, <c>~</c> changed, <c>-</c> removed, <c>?</c> stored but in no file.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Which one.</param>
/// <param name="Details">The properties that change.</param>
internal sealed record SeedChange(char Sign, string Kind, string Name, IReadOnlyList<string> Details)
{
    public override string ToString() => $"{Sign} {Kind} {Name}{(Details.Count == 0 ? "" : $" ({string.Join(", ", Details)})")}";
}

/// <summary>What applying the clients and resources of a seed would do.</summary>
internal sealed record CatalogPlan(CatalogContents Upserts, CatalogRemovals Removals, IReadOnlyList<SeedChange> Changes)
{
    public bool IsEmpty => Changes.All(change => change.Sign == '?');

    /// <summary>Compares by content, since the records hold lists. What only the store has is removed when pruning, and else just reported.</summary>
    public static CatalogPlan Compare(CatalogContents wanted, CatalogContents stored, bool prune)
    {
        var changes = new List<SeedChange>();
        var clients = Compare("client", wanted.Clients, stored.Clients, client => client.ClientId, prune, changes);
        var apiScopes = Compare("API scope", wanted.ApiScopes, stored.ApiScopes, scope => scope.Name, prune, changes);
        var apiResources = Compare("API resource", wanted.ApiResources, stored.ApiResources, resource => resource.Name, prune, changes);
        var identityResources = Compare("identity resource", wanted.IdentityResources, stored.IdentityResources, resource => resource.Name, prune, changes);
        return new CatalogPlan(
            new CatalogContents
            {
                Clients = clients.Upserts,
                ApiScopes = apiScopes.Upserts,
                ApiResources = apiResources.Upserts,
                IdentityResources = identityResources.Upserts,
            },
            new CatalogRemovals
            {
                Clients = clients.Removals,
                ApiScopes = apiScopes.Removals,
                ApiResources = apiResources.Removals,
                IdentityResources = identityResources.Removals,
            },
            changes);
    }

    private static (List<T> Upserts, List<string> Removals) Compare<T>(
        string kind, IReadOnlyList<T> wanted, IReadOnlyList<T> stored, Func<T, string> name, bool prune, List<SeedChange> changes)
    {
        var upserts = new List<T>();
        var rest = stored.ToDictionary(name, StringComparer.Ordinal);
        foreach (var value in wanted)
        {
            var exists = rest.Remove(name(value), out var current);
            var differences = exists ? Differences(value, current!) : [];
            if (!exists || differences.Count > 0)
            {
                upserts.Add(value);
                changes.Add(new SeedChange(exists ? '~' : '+', kind, name(value), differences));
            }
        }

        changes.AddRange(rest.Keys.Select(key => new SeedChange(prune ? '-' : '?', kind, key, [])));
        return (upserts, prune ? [.. rest.Keys] : []);
    }

    private static List<string> Differences<T>(T wanted, T current)
    {
        var left = JsonSerializer.SerializeToNode(wanted, SeedJson.Writing)!.AsObject();
        var right = JsonSerializer.SerializeToNode(current, SeedJson.Writing)!.AsObject();
        return [.. left.Select(member => member.Key)
            .Union(right.Select(member => member.Key))
            .Where(key => !JsonNode.DeepEquals(left[key], right[key]))];
    }
}
