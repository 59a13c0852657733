using IdentityProvider.Storage.Database;
using Npgsql;
using Xunit;

namespace IdentityProvider.Storage.Tests.Databases;

/// <summary>Work that one instance at a time does.</summary>
public sealed class InstanceLockTests(PostgresTestDatabase database) : IClassFixture<PostgresTestDatabase>
{
    private const long Key = 0x1D5_7E58;

    private NpgsqlDataSource Server => database.Get<NpgsqlDataSource>();

    [Fact]
    public async Task One_instance_has_its_turn_at_a_time()
    {
        await using var first = await Server.OpenConnectionAsync();
        await using var second = await Server.OpenConnectionAsync();
        await using (var turn = await TakeAsync(first))
        {
            Assert.NotNull(turn);
            Assert.Null(await TakeAsync(second));
        }

        await using var next = await TakeAsync(second);
        Assert.NotNull(next);
    }

    [Fact]
    public async Task A_connection_that_breaks_takes_the_turn_along_and_says_itself_why()
    {
        await using var broken = await Server.OpenConnectionAsync();
        var reason = await Assert.ThrowsAnyAsync<NpgsqlException>(async () =>
        {
            await using var turn = await TakeAsync(broken);
            await using var end = new NpgsqlCommand("SELECT pg_terminate_backend(pg_backend_pid())", broken);
            await end.ExecuteNonQueryAsync();
        });

        Assert.Equal(PostgresErrorCodes.AdminShutdown, reason.SqlState);
        await using var other = await Server.OpenConnectionAsync();
        await using var next = await TakeAsync(other);
        Assert.NotNull(next);
    }

    private static Task<InstanceLock?> TakeAsync(NpgsqlConnection connection) => InstanceLock.TryTakeAsync(connection, Key);
}
