using IdentityProvider.Storage;
using IdentityProvider.Storage.Database;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using Microsoft.Extensions.DependencyInjection;

namespace IdentityProvider.DesignTime;

internal sealed class DesignTimeSqlite : IDesignTimeDbContextFactory<SqliteContext>
{
    public SqliteContext CreateDbContext(string[] args) =>
        DesignTimeServices.Create<SqliteContext>(DatabaseProvider.Sqlite, "Data Source=design-time.db");
}

internal sealed class DesignTimePostgres : IDesignTimeDbContextFactory<PostgresContext>
{
    public PostgresContext CreateDbContext(string[] args) =>
        DesignTimeServices.Create<PostgresContext>(DatabaseProvider.Postgres, "Host=localhost;Database=design-time");
}

/// <summary>The contexts exactly as the server has them.</summary>
internal static class DesignTimeServices
{
    public static TContext Create<TContext>(DatabaseProvider provider, string connectionString)
        where TContext : DbContext =>
        new ServiceCollection()
            .AddLogging()
            .AddStorage(new StorageOptions { Provider = provider, ConnectionString = connectionString })
            .BuildServiceProvider()
            .GetRequiredService<IDbContextFactory<TContext>>()
            .CreateDbContext();
}

internal static class Program
{
    private static void Main()
    {
    }
}
