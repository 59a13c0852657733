using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Protocol.Upstream;

/// <summary>The providers at which people may sign in, as configured.</summary>
public sealed class UpstreamProviders
{
    private readonly Dictionary<string, UpstreamProvider> _byRealm = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads the configuration once.</summary>
    [SuppressMessage("Globalization", "CA1308", Justification = "Addresses are written in small letters.")]
    public UpstreamProviders(IOptions<UpstreamOptions> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        All =
        [
            .. options.Value.Providers.Select(entry => new UpstreamProvider(entry.Key.ToLowerInvariant(), entry.Value))
                .OrderBy(provider => provider.DisplayName, StringComparer.OrdinalIgnoreCase),
        ];
        foreach (var provider in All)
        {
            foreach (var realm in provider.HomeRealms)
            {
                _byRealm.TryAdd(realm, provider);
            }
        }
    }

    /// <summary>All of them, by the name on pages.</summary>
    public IReadOnlyList<UpstreamProvider> All { get; }

    /// <summary>Whether any domain has a provider of its own, so that the sign-in page has to ask for the name first.</summary>
    public bool HaveRealms => _byRealm.Count > 0;

    /// <summary>The provider of this name in an address; null: there is none.</summary>
    public UpstreamProvider? Find(string? name) => All.FirstOrDefault(provider => provider.Name.Equals(name, StringComparison.OrdinalIgnoreCase));

    /// <summary>The provider of this issuer; null: it is configured no more.</summary>
    public UpstreamProvider? FindIssuer(string issuer) =>
        All.FirstOrDefault(provider => provider.Authority.TrimEnd('/') == issuer.TrimEnd('/'))
        ?? All.FirstOrDefault(provider => provider.Preset == UpstreamPreset.Microsoft && issuer.StartsWith(new Uri(provider.Authority).GetLeftPart(UriPartial.Authority) + "/", StringComparison.Ordinal));

    /// <summary>Where who is known by this address signs in; null: here. Only the domain decides, so it says nothing of anybody.</summary>
    public UpstreamProvider? FindRealm(string? identifier) =>
        identifier is not null && identifier.LastIndexOf('@') is >= 0 and var at ? _byRealm.GetValueOrDefault(identifier[(at + 1)..].Trim()) : null;
}
