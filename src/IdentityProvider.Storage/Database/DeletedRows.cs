using Npgsql;

namespace IdentityProvider.Storage.Database;

/// <summary>
/// A batch of expired rows that is gone: how many, and when the last of them was due. The next batch is looked for from there: PostgreSQL's
/// indexes keep what is deleted until a vacuum, and a search from their beginning would pass over everything that went before.
/// </summary>
internal readonly record struct DeletedRows(int Count, DateTimeOffset Last)
{
    /// <summary>From a statement that answers one row of both.</summary>
    public static async Task<DeletedRows> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var count = reader.GetInt32(0);
        return new DeletedRows(count, count == 0 ? DateTimeOffset.UnixEpoch : reader.GetFieldValue<DateTimeOffset>(1));
    }
}
