using IdentityProvider.Bench.Cpu;
using Npgsql;

namespace IdentityProvider.Bench.Targets;

/// <summary>A PostgreSQL cluster of its own for each target, so that nobody pays for another's vacuum.</summary>
internal sealed class ThrowawayPostgres : IAsyncDisposable
{
    private ThrowawayPostgres(string connectionString, int postmaster)
    {
        ConnectionString = connectionString;
        Postmaster = postmaster;
    }

    public string ConnectionString { get; }

    public int Postmaster { get; }

    public static async Task<ThrowawayPostgres> StartAsync()
    {
        var connectionString = await ServerProcess.RunAsync("bash", Repository.PostgresScript, "start");
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        return new ThrowawayPostgres(connectionString, CpuClock.ParentOf(connection.ProcessID));
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var database = NpgsqlDataSource.Create(ConnectionString);
        await using var command = database.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The first column of the first row.</summary>
    public async Task<T> QueryAsync<T>(string sql)
    {
        await using var database = NpgsqlDataSource.Create(ConnectionString);
        await using var command = database.CreateCommand(sql);
        command.CommandTimeout = 0;
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async ValueTask DisposeAsync() => await ServerProcess.RunAsync("bash", Repository.PostgresScript, "stop", ConnectionString);
}
