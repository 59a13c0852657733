using IdentityProvider.Protocol.Keys;
using IdentityProvider.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace IdentityProvider.Hosting.Configuration;

/// <summary>What has to be known before there are services: read once and checked as a whole.</summary>
internal sealed record ServerSettings
{
    public required Uri Issuer { get; init; }

    public required DatabaseProvider Provider { get; init; }

    public required string ConnectionString { get; init; }

    public required bool MigrateOnStart { get; init; }

    public required MasterKey MasterKey { get; init; }

    public MasterKey? PreviousMasterKey { get; init; }

    /// <summary>Set in Development only.</summary>
    public string? KeysDirectory { get; init; }

    public string? SeedPath { get; init; }

    public string? RedisConnection { get; init; }

    public required bool Development { get; init; }

    public required ProductionAllowances Allowed { get; init; }

    public required ForwardedHeadersSection ForwardedHeaders { get; init; }

    public required HstsSection Hsts { get; init; }

    public required ShutdownSection Shutdown { get; init; }

    public required TelemetrySection Telemetry { get; init; }

    /// <summary>Whether people reach the server by https, whatever a proxy in front makes of it.</summary>
    public bool IsHttps => Issuer.Scheme == Uri.UriSchemeHttps;

    /// <exception cref="ConfigurationException">Names every problem at once.</exception>
    public static ServerSettings Read(ConfigurationManager configuration, IHostEnvironment environment)
    {
        var development = environment.IsDevelopment();
        if (development)
        {
            DevelopmentDefaults.Apply(configuration, environment);
        }

        List<string> problems = [.. KnownSettings.FindUnknown(configuration)];
        T Try<T>(Func<T> read, T fallback)
        {
            try
            {
                return read();
            }
            catch (ConfigurationException error)
            {
                problems.AddRange(error.Problems);
                return fallback;
            }
        }

        var allowed = Try(() => ProductionAllowances.Read(configuration), ProductionAllowances.None);
        var database = Try(() => configuration.Read<DatabaseSection>("Database"), new DatabaseSection());
        var keysDirectory = configuration.Read<KeysSection>("Keys").Directory;
        var connectionString = configuration.GetConnectionString("Database");
        if (configuration["Database:Provider"] is null)
        {
            problems.Add("Database:Provider is not set. Set it to Postgres, and ConnectionStrings:Database to the connection string.");
        }
        else if (string.IsNullOrWhiteSpace(connectionString))
        {
            problems.Add($"ConnectionStrings:Database is not set. Set it to the connection string of the {database.Provider} database.");
        }
        else if (database.Provider == DatabaseProvider.Sqlite && !development && !allowed.Sqlite)
        {
            problems.Add("Database:Provider is Sqlite, which serves one instance and is for Development. "
                + "Set it to Postgres, or say Production:Allow=Sqlite if one instance on one disk is what you want.");
        }

        if (!development && keysDirectory is not null)
        {
            problems.Add("Keys:Directory is for Development. Remove it: signing keys are kept in the database, sealed under MasterKey.");
        }

        var masterKey = Try(() => MasterKeySource.ReadCurrent(configuration, development ? keysDirectory : null), null);
        var settings = new
        {
            Issuer = Try(() => IssuerRules.Read(configuration["Issuer"], development, allowed.HttpIssuer), null),
            Previous = Try(() => MasterKeySource.Read(configuration, "PreviousMasterKey"), null),
            Seed = Try(() => configuration.Read<SeedSection>("Seed"), new SeedSection()),
            Forwarded = Try(() => configuration.Read<ForwardedHeadersSection>("ForwardedHeaders"), new ForwardedHeadersSection()),
            Hsts = Try(() => configuration.Read<HstsSection>("Hsts"), new HstsSection()),
            Shutdown = Try(() => configuration.Read<ShutdownSection>("Shutdown"), new ShutdownSection()),
            Telemetry = Try(() => configuration.Read<TelemetrySection>("Telemetry"), new TelemetrySection()),
        };
        if (problems.Count > 0)
        {
            throw new ConfigurationException(problems);
        }

        return new ServerSettings
        {
            Issuer = settings.Issuer!,
            Provider = database.Provider,
            ConnectionString = connectionString!,
            MigrateOnStart = database.MigrateOnStart,
            MasterKey = masterKey!,
            PreviousMasterKey = settings.Previous,
            KeysDirectory = keysDirectory,
            SeedPath = settings.Seed.Path,
            RedisConnection = configuration.GetConnectionString("Redis"),
            Development = development,
            Allowed = allowed,
            ForwardedHeaders = settings.Forwarded,
            Hsts = settings.Hsts,
            Shutdown = settings.Shutdown,
            Telemetry = settings.Telemetry,
        };
    }
}
