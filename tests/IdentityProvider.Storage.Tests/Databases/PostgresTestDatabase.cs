using Npgsql;

namespace IdentityProvider.Storage.Tests.Databases;

public sealed class PostgresTestDatabase : TestDatabase
{
    private const string Variable = "IDP_TEST_POSTGRES";

    private readonly string _name = $"idp_test_{Guid.CreateVersion7(TimeProvider.System.GetUtcNow()):N}";

    private static string Server => Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } value
        ? value
        : throw new InvalidOperationException(
            $"These tests need PostgreSQL: set {Variable} to the connection string of a superuser, or run tests/run.sh, which starts a throwaway one.");

    public override StorageOptions Options => new()
    {
        Provider = DatabaseProvider.Postgres,
        ConnectionString = new NpgsqlConnectionStringBuilder(Server) { Database = _name, MaxPoolSize = 40 }.ConnectionString,
    };

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

    private static async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(Server) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
