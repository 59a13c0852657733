using Npgsql;

namespace IdentityProvider.Storage.Database;

/// <summary>The one pool of connections to PostgreSQL.</summary>
internal static class PostgresDataSource
{
    /// <summary>
    /// A statement that waits for a lock, or runs, longer than this is an outage: better a 503 that is retried than a queue. What the
    /// operator's connection string says comes later, and wins.
    /// </summary>
    private const string TimeLimits = "-c lock_timeout=2s -c statement_timeout=10s";

    /// <summary>More statements than we have; each is prepared once per connection.</summary>
    private const int PreparedStatements = 64;

    public static NpgsqlDataSource Create(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString);
        builder.Options = $"{TimeLimits} {builder.Options}".TrimEnd();

        // Nothing here leaves a session other than it found it (settings are LOCAL, advisory locks are given back), so a connection needs no
        // seven statements to clean it before its next use.
        builder.NoResetOnClose = true;
        if (builder.MaxAutoPrepare == 0)
        {
            builder.MaxAutoPrepare = PreparedStatements;
        }

        return NpgsqlDataSource.Create(builder);
    }
}
