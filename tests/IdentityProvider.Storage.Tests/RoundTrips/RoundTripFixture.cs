using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Testing;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Xunit;

namespace IdentityProvider.Storage.Tests.RoundTrips;

/// <summary>
/// The real server on PostgreSQL, with the relay between. Its clock stands still, so that nothing polls in the background: whatever is
/// counted belongs to a request.
/// </summary>
public sealed class RoundTripFixture : IAsyncLifetime
{
    private readonly PostgresTestDatabase _database = new();
    private CountingRelay _relay = null!;

    public TestHost Host { get; private set; } = null!;

    internal static CountingRelay RelayTo(PostgresTestDatabase database)
    {
        var direct = new NpgsqlConnectionStringBuilder(database.Options.ConnectionString);
        return new CountingRelay(direct.Host!, direct.Port);
    }

    internal static string Through(CountingRelay relay, PostgresTestDatabase database) =>
        new NpgsqlConnectionStringBuilder(database.Options.ConnectionString) { Host = "127.0.0.1", Port = relay.Port, SslMode = SslMode.Disable }.ConnectionString;

    public async Task InitializeAsync()
    {
        await _database.CreateAsync();
        _relay = RelayTo(_database);
        Host = await TestHost.StartAsync(options =>
        {
            options.Time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
            options.Settings["Database:Provider"] = "Postgres";
            options.Settings["ConnectionStrings:Database"] = Through(_relay, _database);
        });
    }

    public async Task DisposeAsync()
    {
        await Host.DisposeAsync();
        await _relay.DisposeAsync();
        await _database.DisposeAsync();
    }

    /// <summary>On a connection of the test's own, which is not counted.</summary>
    public async Task ExecuteAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_database.Options.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Round trips of each of the runs after the first one, which opens connections and reads what is kept from then on.</summary>
    public async Task<IReadOnlyList<int>> CountAsync<T>(Func<Task<T>> prepare, Func<T, Task> work)
    {
        await work(await prepare());
        var counts = new List<int>();
        for (var run = 0; run < 10; run++)
        {
            var prepared = await prepare();
            var before = _relay.RoundTrips;
            await work(prepared);
            counts.Add(_relay.RoundTrips - before);
        }

        return counts;
    }

    /// <inheritdoc cref="CountAsync{T}(Func{Task{T}}, Func{T, Task})"/>
    public Task<IReadOnlyList<int>> CountAsync(Func<Task> work) => CountAsync(() => Task.FromResult(0), _ => work());
}
