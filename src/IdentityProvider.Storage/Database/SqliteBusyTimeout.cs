using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace IdentityProvider.Storage.Database;

/// <summary>Gives EF's connections the waiting behaviour of our own.</summary>
internal sealed class SqliteBusyTimeout : DbConnectionInterceptor
{
    public override void ConnectionOpened(DbConnection connection, ConnectionEndEventData eventData) =>
        SqliteDataSource.Prepare(connection);

    public override Task ConnectionOpenedAsync(DbConnection connection, ConnectionEndEventData eventData, CancellationToken cancellationToken = default)
    {
        SqliteDataSource.Prepare(connection);
        return Task.CompletedTask;
    }
}
