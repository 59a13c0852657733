using IdentityProvider.Storage.Tests.Databases;
using Npgsql;
using Xunit;

namespace IdentityProvider.Storage.Tests.RoundTrips;

/// <summary>The relay itself: budgets that it asserts are worth what its counting is worth.</summary>
public sealed class CountingRelayTests(PostgresTestDatabase database) : IClassFixture<PostgresTestDatabase>, IAsyncLifetime
{
    private readonly CountingRelay _relay = RoundTripFixture.RelayTo(database);
    private NpgsqlConnection _connection = null!;

    public async Task InitializeAsync()
    {
        _connection = new NpgsqlConnection(RoundTripFixture.Through(_relay, database));
        await _connection.OpenAsync();

        // The first query of a process also loads PostgreSQL's types.
        await ExecuteAsync("SELECT 1");
    }

    public async Task DisposeAsync()
    {
        await _connection.DisposeAsync();
        await _relay.DisposeAsync();
    }

    [Fact]
    public async Task A_statement_is_one_round_trip() => Assert.Equal(1, await CountAsync(() => ExecuteAsync("SELECT 1")));

    [Fact]
    public async Task Two_statements_one_after_the_other_are_two() => Assert.Equal(2, await CountAsync(async () =>
    {
        await ExecuteAsync("SELECT 1");
        await ExecuteAsync("SELECT 2");
    }));

    [Fact]
    public async Task A_commit_is_one_more() => Assert.Equal(2, await CountAsync(async () =>
    {
        await using var transaction = await _connection.BeginTransactionAsync();
        await ExecuteAsync("SELECT 1");
        await transaction.CommitAsync();
    }));

    [Fact]
    public async Task A_batch_is_one() => Assert.Equal(1, await CountAsync(async () =>
    {
        await using var batch = new NpgsqlBatch(_connection) { BatchCommands = { new("SELECT 1"), new("SELECT 2") } };
        await batch.ExecuteNonQueryAsync();
    }));

    [Fact]
    public async Task A_statement_longer_than_a_packet_is_one() =>
        Assert.Equal(1, await CountAsync(() => ExecuteAsync($"SELECT length('{new string('Q', 200_000)}')")));

    private async Task<int> CountAsync(Func<Task> work)
    {
        var before = _relay.RoundTrips;
        await work();
        return _relay.RoundTrips - before;
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        await command.ExecuteNonQueryAsync();
    }
}
