using IdentityProvider.Storage.Database;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Xunit;

namespace IdentityProvider.Storage.Tests.Databases;

public abstract class MigrationContract(TestDatabase database)
{
    [Fact]
    public async Task The_model_has_no_change_without_a_migration()
    {
        await using var context = database.Context();
        Assert.False(context.Database.HasPendingModelChanges());
    }

    [Fact]
    public async Task After_a_migration_nothing_is_pending_and_the_database_is_healthy()
    {
        Assert.Empty((await database.Get<DatabaseMigrator>().StateAsync(CancellationToken.None)).Pending);
        var health = await database.Get<DatabaseProbe>().CheckAsync(CancellationToken.None);
        Assert.Equal((true, null), (health.Healthy, health.Reason));
    }

    /// <summary>Threads, since a SQLite call never yields. The class's own database is migrated already: this needs an empty one.</summary>
    protected static async Task MigrateAtOnceAsync(StorageOptions empty)
    {
        const int Instances = 4;
        using var barrier = new Barrier(Instances);
        var failures = new Exception?[Instances];
        var threads = Enumerable.Range(0, Instances).Select(index => new Thread(() =>
        {
            using var services = TestDatabase.Build(empty);
            barrier.SignalAndWait();
            failures[index] = Record.Exception(
                () => services.GetRequiredService<DatabaseMigrator>().MigrateAsync(CancellationToken.None).GetAwaiter().GetResult());
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        Assert.All(failures, Assert.Null);

        await using var services = TestDatabase.Build(empty);
        Assert.Empty((await services.GetRequiredService<DatabaseMigrator>().StateAsync(CancellationToken.None)).Pending);
        Assert.True((await services.GetRequiredService<DatabaseProbe>().CheckAsync(CancellationToken.None)).Healthy);
    }
}

public sealed class SqliteMigrationTests(SqliteTestDatabase database) : MigrationContract(database), IClassFixture<SqliteTestDatabase>
{
    private readonly SqliteTestDatabase _database = database;

    [Fact]
    public Task Instances_that_migrate_an_empty_database_at_once_all_succeed() => MigrateAtOnceAsync(Beside("at-once.db"));

    [Fact]
    public async Task A_migration_of_a_later_version_is_known_as_such()
    {
        await using var services = TestDatabase.Build(Beside("later.db"));
        var migrator = services.GetRequiredService<DatabaseMigrator>();
        await migrator.MigrateAsync(CancellationToken.None);
        Assert.Empty((await migrator.StateAsync(CancellationToken.None)).Unknown);
        await using (var connection = services.GetRequiredService<SqliteDataSource>().OpenConnection())
        {
            connection.Execute("""INSERT INTO "__EFMigrationsHistory" ("MigrationId", "ProductVersion") VALUES ('99990101000000_Later', '99')""");
        }

        var state = await migrator.StateAsync(CancellationToken.None);
        Assert.Equal("99990101000000_Later", Assert.Single(state.Unknown));
        Assert.Empty(state.Pending);
    }

    [Fact]
    public async Task A_lock_left_behind_by_a_killed_process_does_not_stop_a_start()
    {
        await using var services = TestDatabase.Build(Beside("killed.db"));
        var migrator = services.GetRequiredService<DatabaseMigrator>();
        await migrator.MigrateAsync(CancellationToken.None);
        await using (var connection = services.GetRequiredService<SqliteDataSource>().OpenConnection())
        {
            connection.Execute("""INSERT INTO "__EFMigrationsLock" ("Id", "Timestamp") VALUES (1, '2030-01-01')""");
        }

        await migrator.MigrateAsync(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task A_database_without_the_schema_is_unhealthy_and_says_why()
    {
        await using var services = TestDatabase.Build(Beside("empty.db"));
        var health = await services.GetRequiredService<DatabaseProbe>().CheckAsync(CancellationToken.None);
        Assert.False(health.Healthy);
        Assert.Contains("migrate", health.Reason, StringComparison.Ordinal);
        Assert.NotEmpty((await services.GetRequiredService<DatabaseMigrator>().StateAsync(CancellationToken.None)).Pending);
    }

    private StorageOptions Beside(string file)
    {
        var own = new SqliteConnectionStringBuilder(_database.Options.ConnectionString).DataSource;
        return _database.Options with { ConnectionString = $"Data Source={Path.Combine(Path.GetDirectoryName(own)!, file)}" };
    }
}

public sealed class PostgresMigrationTests(PostgresTestDatabase database) : MigrationContract(database), IClassFixture<PostgresTestDatabase>
{
    private readonly PostgresTestDatabase _database = database;

    [Fact]
    [Trait("row", "D1")]
    public async Task Instances_that_migrate_an_empty_database_at_once_all_succeed()
    {
        var empty = new PostgresTestDatabase();
        await empty.CreateAsync();
        try
        {
            await MigrateAtOnceAsync(empty.Options);
        }
        finally
        {
            await empty.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_database_that_does_not_exist_cannot_be_reached_and_is_an_outage()
    {
        var missing = new NpgsqlConnectionStringBuilder(_database.Options.ConnectionString) { Database = "idp_no_such_database" };
        await using var services = TestDatabase.Build(_database.Options with { ConnectionString = missing.ConnectionString });

        var health = await services.GetRequiredService<DatabaseProbe>().CheckAsync(CancellationToken.None);

        Assert.Equal((false, "The database cannot be reached."), (health.Healthy, health.Reason));
    }

    [Theory]
    [InlineData("grants")]
    [InlineData("outbox")]
    [InlineData("interactions")]
    [InlineData("reference_tokens")]
    [InlineData("security_events")]
    public async Task A_table_whose_rows_come_and_go_is_vacuumed_long_before_a_fifth_of_it_is_dead(string table)
    {
        await using var command = _database.Get<NpgsqlDataSource>().CreateCommand("SELECT array_to_string(reloptions, ',') FROM pg_class WHERE oid = $1::regclass");
        command.Parameters.AddWithValue(table);
        Assert.Contains("autovacuum_vacuum_scale_factor=0.0", (string)(await command.ExecuteScalarAsync())!, StringComparison.Ordinal);
    }
}
