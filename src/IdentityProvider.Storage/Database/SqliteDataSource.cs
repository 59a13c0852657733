using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace IdentityProvider.Storage.Database;

/// <summary>
/// Connections to the database file. SQLite waits for a lock inside the engine (<c>busy_timeout</c>), since the driver's own waiting polls
/// only each 150 ms. Its asynchronous calls are synchronous, so the stores call it synchronously.
/// </summary>
internal sealed class SqliteDataSource : DbDataSource
{
    /// <summary>Longer than any transaction of ours, shorter than a person's patience.</summary>
    private const int BusySeconds = 5;

    public SqliteDataSource(string connectionString)
    {
        var builder = new SqliteConnectionStringBuilder(connectionString) { DefaultTimeout = BusySeconds };
        ConnectionString = builder.ToString();
        FilePath = Path.GetFullPath(builder.DataSource);
    }

    public override string ConnectionString { get; }

    public string FilePath { get; }

    public new SqliteConnection OpenConnection() => (SqliteConnection)OpenDbConnection();

    public static void Prepare(DbConnection connection)
    {
        using var command = connection.CreateCommand();
        command.CommandText = $"PRAGMA busy_timeout = {BusySeconds * 1000}";
        command.ExecuteNonQuery();
    }

    protected override DbConnection CreateDbConnection() => new SqliteConnection(ConnectionString);

    protected override DbConnection OpenDbConnection()
    {
        var connection = new SqliteConnection(ConnectionString);
        try
        {
            connection.Open();
            Prepare(connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }
}
