using Microsoft.Extensions.Configuration;

namespace IdentityProvider.Hosting.Configuration;

/// <summary>What <c>Production:Allow</c> lets through.</summary>
internal sealed record ProductionAllowances(bool HttpIssuer, bool Sqlite, bool DemoSeed)
{
    public static ProductionAllowances None { get; } = new(false, false, false);

    /// <exception cref="ConfigurationException">It names something that cannot be allowed.</exception>
    public static ProductionAllowances Read(IConfiguration configuration)
    {
        var section = configuration.GetSection("Production:Allow");
        string[] words =
        [
            .. (section.Value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
            .. section.GetChildren().Select(child => child.Value ?? ""),
        ];
        string[] known = [nameof(HttpIssuer), nameof(Sqlite), nameof(DemoSeed)];
        var unknown = words.Where(word => !known.Contains(word, StringComparer.OrdinalIgnoreCase)).ToArray();
        if (unknown.Length > 0)
        {
            throw new ConfigurationException(
                $"Production:Allow names '{string.Join("', '", unknown)}'. It may list {string.Join(", ", known)}.");
        }

        bool Has(string word) => words.Contains(word, StringComparer.OrdinalIgnoreCase);
        return new ProductionAllowances(Has(nameof(HttpIssuer)), Has(nameof(Sqlite)), Has(nameof(DemoSeed)));
    }
}
