using IdentityProvider.Storage.Database;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;

namespace IdentityProvider.Storage;

/// <summary>How the schema of the database stands to this version.</summary>
/// <param name="Pending">Migrations of this version that have not been applied.</param>
/// <param name="Unknown">Migrations of a later version that have.</param>
public sealed record SchemaState(IReadOnlyList<string> Pending, IReadOnlyList<string> Unknown);

/// <summary>Brings the schema up to date. Instances that start together on an empty database take turns at it, and at its seed.</summary>
public sealed class DatabaseMigrator
{
    /// <summary>Any constant number: the name of our advisory lock.</summary>
    private const long AdvisoryLock = 0x1D5_71E_0001;

    private static readonly TimeSpan _lockPoll = TimeSpan.FromMilliseconds(100);

    private readonly StorageOptions _options;
    private readonly IServiceProvider _services;
    private readonly TimeProvider _time;

    internal DatabaseMigrator(StorageOptions options, IServiceProvider services, TimeProvider time)
    {
        _options = options;
        _services = services;
        _time = time;
    }

    /// <summary>Applies what is pending.</summary>
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await using var turn = await TakeTurnAsync(cancellationToken);
        await using var context = CreateContext();
        if (_options.Provider == DatabaseProvider.Sqlite && File.Exists(SqliteFile))
        {
            await RemoveStaleLockAsync(context, cancellationToken);
        }

        await context.Database.MigrateAsync(cancellationToken);
    }

    /// <summary>
    /// Waits until no other process migrates or seeds this database; whoever disposes the turn lets the next one. A process that dies loses
    /// its turn.
    /// </summary>
    public Task<IAsyncDisposable> TakeTurnAsync(CancellationToken cancellationToken) =>
        _options.Provider == DatabaseProvider.Postgres ? LockPostgresAsync(cancellationToken) : LockSqliteAsync(cancellationToken);

    /// <summary>Compares the migrations of this version with those of the database.</summary>
    public async Task<SchemaState> StateAsync(CancellationToken cancellationToken)
    {
        await using var context = CreateContext();
        var own = context.Database.GetMigrations().ToArray();
        var applied = (await context.Database.GetAppliedMigrationsAsync(cancellationToken)).ToArray();
        return new SchemaState([.. own.Except(applied)], [.. applied.Except(own)]);
    }

    private string SqliteFile => new SqliteDataSource(_options.ConnectionString).FilePath;

    /// <summary>On a connection of its own, so that a migration that breaks cannot release it early; the server releases it if we die.</summary>
    private async Task<IAsyncDisposable> LockPostgresAsync(CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnection(PostgresConnectionString());
        try
        {
            await connection.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand("SELECT pg_advisory_lock($1)", connection)
            {
                Parameters = { new NpgsqlParameter<long> { TypedValue = AdvisoryLock } },
                CommandTimeout = 0,
            };
            await command.ExecuteNonQueryAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// EF locks SQLite by a row, which a killed process leaves behind, and every later start would wait for ever. A lock of the operating
    /// system dies with its process; who holds it may remove such a row.
    /// </summary>
    private async Task<IAsyncDisposable> LockSqliteAsync(CancellationToken cancellationToken)
    {
        var file = SqliteFile;
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        return await LockAsync(file + "-migrate.lock", cancellationToken);
    }

    private async Task<FileStream> LockAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                await Task.Delay(_lockPoll, _time, cancellationToken);
            }
        }
    }

    private static async Task RemoveStaleLockAsync(IdentityProviderContext context, CancellationToken cancellationToken)
    {
        try
        {
            await context.Database.ExecuteSqlAsync($"""DELETE FROM "__EFMigrationsLock" """, cancellationToken);
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode == SQLitePCL.raw.SQLITE_ERROR)
        {
            // No such table: nothing was ever migrated here.
        }
    }

    /// <summary>Migrations may take longer than a request, so the time limits of the server's own connections are not set here.</summary>
    private string PostgresConnectionString() =>
        new NpgsqlConnectionStringBuilder(_options.ConnectionString) { Pooling = false, CommandTimeout = 0 }.ConnectionString;

    private IdentityProviderContext CreateContext() => _options.Provider switch
    {
        DatabaseProvider.Postgres => new PostgresContext(new DbContextOptionsBuilder<PostgresContext>()
            .UseNpgsql(PostgresConnectionString())
            .UseApplicationServiceProvider(_services)
            .ConfigureWarnings(Quiet).Options),
        _ => new SqliteContext(new DbContextOptionsBuilder<SqliteContext>()
            .UseSqlite(new SqliteDataSource(_options.ConnectionString).ConnectionString)
            .AddInterceptors(new SqliteBusyTimeout())
            .UseApplicationServiceProvider(_services)
            .ConfigureWarnings(Quiet).Options),
    };

    /// <summary>A test compares model and migrations, so a start need not. What fails is thrown, so it need not be logged as well.</summary>
    private static void Quiet(WarningsConfigurationBuilder warnings) =>
        warnings.Ignore(RelationalEventId.PendingModelChangesWarning, RelationalEventId.CommandError);
}
