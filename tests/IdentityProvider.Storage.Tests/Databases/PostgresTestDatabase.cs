using Npgsql;

namespace IdentityProvider.Storage.Tests.Databases;

public sealed class PostgresTestDatabase : TestDatabase
{
    private const string Variable = "IDP_TEST_POSTGRES";

    private readonly string _name = $"idp_test_{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}";

    private readonly string _server;

    public PostgresTestDatabase()
        : this(SharedServer)
    {
    }

    private PostgresTestDatabase(string server) => _server = server;

    private static string SharedServer => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } value
        ? value
        : throw new InvalidOperationException(
            $"These tests need PostgreSQL: set {Variable} to the connection string of a superuser, or run tests/run.sh, which starts a throwaway one.");

    public override StorageOptions Options => new()
    {
        Provider = DatabaseProvider.Postgres,
        ConnectionString = new NpgsqlConnectionStringBuilder(_server) { Database = _name, MaxPoolSize = 40 }.ConnectionString,
    };

    /// <summary>On a server of the test's own.</summary>
    public static PostgresTestDatabase On(string server) => new(server);

    public override async Task InitializeAsync()
    {
        await CreateAsync();
        await base.InitializeAsync();
    }

    /// <summary>Makes the database and leaves it empty.</summary>
    public Task CreateAsync() => ExecuteAsync($"CREATE DATABASE {_name}");

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await ExecuteAsync($"DROP DATABASE IF EXISTS {_name} WITH (FORCE)");
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(_server) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
