using System.Collections;
using System.Reflection;
using IdentityProvider.Accounts.Passkeys;
using IdentityProvider.Accounts.Passwords;
using IdentityProvider.Accounts.Registration;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Accounts.SignIn;
using IdentityProvider.Accounts.Throttling;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Hosting.Locations;
using IdentityProvider.Hosting.Mail;
using IdentityProvider.Protocol.Events;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Protocol.Outbound;
using IdentityProvider.Protocol.Tokens;
using IdentityProvider.Protocol.Upstream;
using IdentityProvider.Storage.Redis;
using IdentityProvider.UI.Branding;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.EnvironmentVariables;

namespace IdentityProvider.Hosting.Configuration;

/// <summary>Every setting of ours by name, to refuse the misspelt ones: a setting that is silently ignored is the dangerous kind.</summary>
internal static class KnownSettings
{
    /// <summary>Sections and the record that each is bound to.</summary>
    public static readonly IReadOnlyDictionary<string, Type> Sections = new Dictionary<string, Type>(StringComparer.OrdinalIgnoreCase)
    {
        ["Accounts"] = typeof(AccountOptions),
        ["Argon2"] = typeof(Argon2Options),
        ["Branding"] = typeof(BrandingOptions),
        ["Database"] = typeof(DatabaseSection),
        ["Events"] = typeof(EventOptions),
        ["ForwardedHeaders"] = typeof(ForwardedHeadersSection),
        ["GeoIp"] = typeof(GeoIpSection),
        ["Hsts"] = typeof(HstsSection),
        ["KeyManagement"] = typeof(KeyManagementOptions),
        ["Keys"] = typeof(KeysSection),
        ["Mail"] = typeof(MailSection),
        ["Outbound"] = typeof(OutboundOptions),
        ["Passkeys"] = typeof(PasskeyOptions),
        ["Passwords"] = typeof(PasswordPolicyOptions),
        ["Production"] = typeof(ProductionSection),
        ["RateLimits"] = typeof(RateLimitOptions),
        ["Redis"] = typeof(RedisOptions),
        ["RefreshTokens"] = typeof(RefreshTokenOptions),
        ["Registration"] = typeof(RegistrationOptions),
        ["SecondFactor"] = typeof(SecondFactorOptions),
        ["Seed"] = typeof(SeedSection),
        ["Sessions"] = typeof(SessionOptions),
        ["Shutdown"] = typeof(ShutdownSection),
        ["Telemetry"] = typeof(TelemetrySection),
        ["Tokens"] = typeof(TokenOptions),
        ["Upstream"] = typeof(UpstreamOptions),
    };

    private const string ConnectionStrings = "ConnectionStrings";

    private static readonly string[] Connections = ["Database", "Redis"];

    private static readonly string[] Values = ["Issuer", "MasterKey", "MasterKeyFile", "PreviousMasterKey", "PreviousMasterKeyFile"];

    /// <summary>Of ASP.NET and the host; close to none of ours by accident.</summary>
    private static readonly string[] Foreign =
        ["AllowedHosts", "ApplicationName", "ContentRoot", "Environment", "Https_Port", "Http_Ports", "Https_Ports", "Kestrel", "Logging", "Serilog", "Urls", "WebRoot"];

    /// <summary>One sentence for each key that nothing reads.</summary>
    public static IEnumerable<string> FindUnknown(IConfigurationRoot configuration) =>
        Sections
            .SelectMany(section => UnknownChildren(configuration.GetSection(section.Key), section.Value))
            .Concat(MisspeltConnections(configuration.GetSection(ConnectionStrings)))
            .Concat(MisspeltRoots(configuration))
            .Concat(MisspeltVariables(configuration));

    private static IEnumerable<string> UnknownChildren(IConfigurationSection section, Type type)
    {
        var properties = SettingsOf(type);
        foreach (var child in section.GetChildren())
        {
            var property = properties.FirstOrDefault(property => property.Name.Equals(child.Key, StringComparison.OrdinalIgnoreCase));
            if (property is null)
            {
                yield return Describe(child.Path, section.Path + ":", child.Key, properties.Select(known => known.Name));
            }
            else if (IsNested(property.PropertyType))
            {
                foreach (var problem in UnknownChildren(child, property.PropertyType))
                {
                    yield return problem;
                }
            }
            else if (FindEntryType(property.PropertyType) is { } entryType)
            {
                foreach (var problem in child.GetChildren().SelectMany(entry => UnknownChildren(entry, entryType)))
                {
                    yield return problem;
                }
            }
        }
    }

    private static PropertyInfo[] SettingsOf(Type type) =>
        [.. type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite)];

    /// <summary>The record of each entry, where a setting has entries by name.</summary>
    private static Type? FindEntryType(Type type) =>
        type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>) && IsNested(type.GetGenericArguments()[1])
            ? type.GetGenericArguments()[1]
            : null;

    private static bool IsNested(Type type) =>
        type.IsClass && type != typeof(string) && !type.IsAssignableTo(typeof(IEnumerable));

    /// <summary>
    /// At the root, a host may have sections of its own and the environment is full of strangers, so only what looks like one of ours
    /// with a slip is refused; for variables of the environment see below.
    /// </summary>
    private static IEnumerable<string> MisspeltRoots(IConfigurationRoot configuration)
    {
        string[] ours = [.. Sections.Keys, ConnectionStrings, .. Values];
        var written = configuration.Providers
            .Where(provider => provider is not EnvironmentVariablesConfigurationProvider and not ChainedConfigurationProvider)
            .SelectMany(provider => provider.GetChildKeys([], null))
            .Distinct(StringComparer.OrdinalIgnoreCase);
        return written
            .Where(key => !ours.Contains(key, StringComparer.OrdinalIgnoreCase) && !Foreign.Contains(key, StringComparer.OrdinalIgnoreCase))
            .Where(key => Nearest(key, ours, furthest: 2) is not null)
            .Select(key => Describe(key, "", key, ours));
    }

    /// <summary>A host may have databases of its own.</summary>
    private static IEnumerable<string> MisspeltConnections(IConfigurationSection section) => section.GetChildren()
        .Select(child => child.Key)
        .Where(key => !Connections.Contains(key, StringComparer.OrdinalIgnoreCase) && Nearest(key, Connections, furthest: 2) is not null)
        .Select(key => Describe($"{ConnectionStrings}:{key}", $"{ConnectionStrings}:", key, Connections));

    /// <summary>
    /// The environment is full of strangers, so a variable must look like ours twice: a section with a slip, and below it a setting that
    /// the section has; or a value with a slip, and not in capitals, as the variables of others are.
    /// </summary>
    private static IEnumerable<string> MisspeltVariables(IConfigurationRoot configuration)
    {
        string[] sections = [.. Sections.Keys, ConnectionStrings];
        foreach (var provider in configuration.Providers.OfType<EnvironmentVariablesConfigurationProvider>())
        {
            foreach (var name in provider.GetChildKeys([], null).Distinct(StringComparer.OrdinalIgnoreCase))
            {
                if (sections.Concat(Values).Concat(Foreign).Contains(name, StringComparer.OrdinalIgnoreCase))
                {
                    continue;
                }

                var children = provider.GetChildKeys([], name).Distinct(StringComparer.OrdinalIgnoreCase).ToArray();
                if (children.Length == 0 && name.Any(char.IsLower) && Nearest(name, Values, furthest: 2) is { } value)
                {
                    yield return $"Unknown environment variable '{name}'. Did you mean '{value}'?";
                }
                else if (Nearest(name, sections, furthest: 2) is { } section)
                {
                    string[] known = section == ConnectionStrings ? Connections : [.. SettingsOf(Sections[section]).Select(property => property.Name)];
                    foreach (var child in children)
                    {
                        if (Nearest(child, known, furthest: 2) is { } setting)
                        {
                            yield return $"Unknown environment variable '{name}__{child}'. Did you mean '{section}__{setting}'?";
                        }
                    }
                }
            }
        }
    }

    private static string Describe(string path, string prefix, string key, IEnumerable<string> known) =>
        Nearest(key, known, furthest: Math.Max(2, key.Length / 2)) is { } nearest
            ? $"Unknown setting '{path}'. Did you mean '{prefix}{nearest}'?"
            : $"Unknown setting '{path}'. Remove it.";

    private static string? Nearest(string key, IEnumerable<string> known, int furthest) =>
        known
            .Select(name => (Name: name, Distance: Distance(key.ToUpperInvariant(), name.ToUpperInvariant())))
            .Where(candidate => candidate.Distance <= furthest)
            .OrderBy(candidate => candidate.Distance)
            .Select(candidate => candidate.Name)
            .FirstOrDefault();

    /// <summary>Levenshtein's distance.</summary>
    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var substitution = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitution, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[b.Length];
    }
}
