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

    /// <summary>Null outside Development.</summary>
    public string? KeysDirectory { get; init; }

    public string? SeedPath { get; init; }

    /// <summary>Null: there is none.</summary>
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

        var problems = new List<string>(KnownSettings.FindUnknown(configuration));
        var allowed = Try(() => ProductionAllowances.Read(configuration)) ?? ProductionAllowances.None;
        var connectionString = configuration.GetConnectionString("Database");
        var database = Try(() => ReadDatabase(configuration, connectionString, development || allowed.Sqlite));
        var keys = Try(() => configuration.Read<KeysSection>("Keys"));
        if (!development && keys?.Directory is not null)
        {
            problems.Add("Keys:Directory is for Development. Remove it: signing keys are kept in the database, sealed under MasterKey.");
        }

        var masterKey = Try(() => MasterKeySource.ReadCurrent(configuration, development ? keys?.Directory : null));
        var previousMasterKey = Try(() => MasterKeySource.ReadPrevious(configuration));
        var issuer = Try(() => IssuerRules.Read(configuration["Issuer"], development, allowed.HttpIssuer));
        var redis = Try(() => ReadRedis(configuration));
        var seed = Try(() => configuration.Read<SeedSection>("Seed"));
        var forwardedHeaders = Try(() => configuration.Read<ForwardedHeadersSection>("ForwardedHeaders"));
        var hsts = Try(() => configuration.Read<HstsSection>("Hsts"));
        var shutdown = Try(() => configuration.Read<ShutdownSection>("Shutdown"));
        var telemetry = Try(() => configuration.Read<TelemetrySection>("Telemetry"));
        if (problems.Count > 0)
        {
            throw new ConfigurationException(problems);
        }

        return new ServerSettings
        {
            Issuer = issuer!,
            Provider = database!.Provider,
            ConnectionString = connectionString!,
            MigrateOnStart = database.MigrateOnStart,
            MasterKey = masterKey!,
            PreviousMasterKey = previousMasterKey,
            KeysDirectory = keys!.Directory,
            SeedPath = seed!.Path,
            RedisConnection = redis,
            Development = development,
            Allowed = allowed,
            ForwardedHeaders = forwardedHeaders!,
            Hsts = hsts!,
            Shutdown = shutdown!,
            Telemetry = telemetry!,
        };

        // Null only after a problem was noted, which ends in the exception above.
        T? Try<T>(Func<T?> read)
            where T : class
        {
            try
            {
                return read();
            }
            catch (ConfigurationException error)
            {
                problems.AddRange(error.Problems);
                return null;
            }
        }
    }

    private static string? ReadRedis(ConfigurationManager configuration)
    {
        if (configuration.GetConnectionString("Redis") is not { } redis || string.IsNullOrWhiteSpace(redis))
        {
            return null;
        }

        return Storage.Redis.RedisConnection.FindProblem(redis) is { } problem
            ? throw new ConfigurationException($"ConnectionStrings:Redis cannot be used. {problem}")
            : redis;
    }

    private static DatabaseSection ReadDatabase(ConfigurationManager configuration, string? connectionString, bool sqliteAllowed)
    {
        if (configuration["Database:Provider"] is null)
        {
            throw new ConfigurationException("Database:Provider is not set. Set it to Postgres, and ConnectionStrings:Database to the connection string.");
        }

        var database = configuration.Read<DatabaseSection>("Database");
        if (string.IsNullOrWhiteSpace(connectionString))
        {
            throw new ConfigurationException($"ConnectionStrings:Database is not set. Set it to the connection string of the {database.Provider} database.");
        }

        if (database.Provider == DatabaseProvider.Sqlite && !sqliteAllowed)
        {
            throw new ConfigurationException(
                "Database:Provider is Sqlite, which serves one instance and is for Development. "
                + "Set it to Postgres, or say Production:Allow=Sqlite if one instance on one disk is what you want.");
        }

        return database;
    }
}
