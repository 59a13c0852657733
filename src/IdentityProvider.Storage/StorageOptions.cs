namespace IdentityProvider.Storage;

/// <summary>The database engines that the store runs on.</summary>
public enum DatabaseProvider
{
    /// <summary>One file and one machine: development, and small installations.</summary>
    Sqlite,

    /// <summary>Any number of instances.</summary>
    Postgres,
}

/// <summary>Where the store keeps its rows.</summary>
public sealed record StorageOptions
{
    /// <summary>The engine.</summary>
    public required DatabaseProvider Provider { get; init; }

    /// <summary>The connection string for it.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>The connection string of Redis; null: there is none, and instances tell each other nothing.</summary>
    public string? RedisConnectionString { get; init; }

    /// <summary>The directory for signing keys; null: they live in the database, which several instances need.</summary>
    public string? SigningKeyDirectory { get; init; }
}
