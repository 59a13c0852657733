using IdentityProvider.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Hosting;

namespace IdentityProvider.Hosting.Configuration;

/// <summary>What Development assumes, below every other source of configuration, so that a fresh clone runs without any.</summary>
internal static class DevelopmentDefaults
{
    private const string Issuer = "http://localhost:5000";

    public static void Apply(ConfigurationManager configuration, IHostEnvironment environment)
    {
        var root = FindRepository(AppContext.BaseDirectory) ?? environment.ContentRootPath;
        var defaults = new Dictionary<string, string?>
        {
            ["Issuer"] = Issuer,
            ["Database:Provider"] = nameof(DatabaseProvider.Sqlite),
            ["Database:MigrateOnStart"] = "true",
            ["Keys:Directory"] = Path.Combine(root, "keys"),
            ["Shutdown:Delay"] = "00:00:00",
            ["Passwords:CheckBreachesOnline"] = "false",
        };
        if (Directory.Exists(Path.Combine(root, "seed")))
        {
            defaults["Seed:Path"] = Path.Combine(root, "seed");
        }

        var provider = configuration["Database:Provider"];
        if (provider is null || provider.Equals(nameof(DatabaseProvider.Sqlite), StringComparison.OrdinalIgnoreCase))
        {
            defaults["ConnectionStrings:Database"] = $"Data Source={Path.Combine(root, "data", "idp.db")}";
        }

        // Without this, another issuer alone would be announced on a port where nobody listens.
        if (configuration["urls"] is null && configuration["http_ports"] is null && configuration["https_ports"] is null
            && Uri.TryCreate(configuration["Issuer"] ?? Issuer, UriKind.Absolute, out var issuer) && issuer.IsLoopback)
        {
            defaults["urls"] = issuer.GetLeftPart(UriPartial.Authority);
        }

        ((IConfigurationBuilder)configuration).Sources.Insert(0, new MemoryConfigurationSource { InitialData = defaults });
    }

    /// <summary>The clone that the running assembly was built in.</summary>
    private static string? FindRepository(string start)
    {
        for (var directory = new DirectoryInfo(start); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "IdentityProvider.sln")))
            {
                return directory.FullName;
            }
        }

        return null;
    }
}
