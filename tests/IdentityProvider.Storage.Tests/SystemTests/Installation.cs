using IdentityProvider.Protocol.Keys;
using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Testing;
using Npgsql;

namespace IdentityProvider.Storage.Tests.SystemTests;

/// <summary>
/// An installation in Production on an empty PostgreSQL database: what all of its instances, in this process or in processes of their
/// own, are told alike.
/// </summary>
internal sealed class Installation : IAsyncDisposable
{
    public const string Issuer = "http://id.test";

    private const string MoreClients = """
        {
          "Clients": [
            {
              "ClientId": "rotating", "ClientName": "Rotating", "ClientSecrets": [{ "Plaintext": "rotating-secret" }], "RefreshTokenUsage": "OneTimeOnly",
              "AllowedGrantTypes": ["authorization_code"], "RedirectUris": ["https://rotating.example/callback"],
              "AllowedScopes": ["openid", "profile", "api.read"], "AllowOfflineAccess": true
            }
          ]
        }
        """;

    private readonly PostgresTestDatabase? _database;
    private readonly DirectoryInfo _seed = Directory.CreateTempSubdirectory("idp-seed-");

    private Installation(PostgresTestDatabase? database, string connectionString)
    {
        _database = database;
        Settings = new Dictionary<string, string>
        {
            ["Issuer"] = Issuer,
            ["Production:Allow"] = "HttpIssuer,DemoSeed",
            ["MasterKey"] = MasterKey.Generate(),
            ["Database:Provider"] = "Postgres",
            ["Database:MigrateOnStart"] = "true",
            ["ConnectionStrings:Database"] = connectionString,
            ["Argon2:MemoryKiB"] = "8",
            ["Argon2:Iterations"] = "1",
            ["Shutdown:Delay"] = "00:00:00",
        };
        File.WriteAllText(Path.Combine(_seed.FullName, "1.json"), TestSeed.Default);
        File.WriteAllText(Path.Combine(_seed.FullName, "2.json"), MoreClients);
    }

    /// <summary>What every instance and command is told.</summary>
    public Dictionary<string, string> Settings { get; }

    /// <summary>The folder of seed files.</summary>
    public string Seed => _seed.FullName;

    private string ConnectionString => Settings["ConnectionStrings:Database"];

    /// <summary>On the server that the test run shares.</summary>
    public static async Task<Installation> CreateAsync()
    {
        var database = new PostgresTestDatabase();
        await database.CreateAsync();
        return new Installation(database, database.Options.ConnectionString);
    }

    /// <summary>On a server of the test's own.</summary>
    public static Installation On(string connectionString) => new(database: null, connectionString);

    /// <summary>Adds to the connection string, such as <c>Options=-c lock_timeout=60s</c>.</summary>
    public Installation Connecting(string more)
    {
        Settings["ConnectionStrings:Database"] += ";" + more;
        return this;
    }

    /// <summary>One more instance in this process.</summary>
    /// <param name="clock">Its clock; null: the real one.</param>
    /// <param name="changes">What it is told otherwise.</param>
    public Task<TestHost> StartAsync(TimeProvider? clock = null, params (string Key, string Value)[] changes) => TestHost.StartAsync(options =>
    {
        options.Environment = "Production";
        options.ExtraSeed = MoreClients;
        foreach (var (key, value) in Settings.Select(setting => (setting.Key, setting.Value)).Concat(changes))
        {
            options.Settings[key] = value;
        }

        if (clock is not null)
        {
            options.Configure = builder => builder.Use(clock);
        }
    });

    public async Task<T> ReadAsync<T>(string sql)
    {
        await using var connection = await ConnectAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = await ConnectAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Holds locks until it is disposed, or committed.</summary>
    public async Task<NpgsqlTransaction> LockAsync(string sql)
    {
        var connection = await ConnectAsync();
        var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        await command.ExecuteNonQueryAsync();
        return transaction;
    }

    /// <summary>So many statements wait for a lock.</summary>
    public Task UntilWaitingAsync(int count) => Eventually.BecomesAsync(
        () => ReadAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"),
        waiting => waiting == count,
        $"{count} statements wait for a lock");

    public async ValueTask DisposeAsync()
    {
        _seed.Delete(recursive: true);
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }
    }

    private async Task<NpgsqlConnection> ConnectAsync()
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }
}
