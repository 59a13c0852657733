using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace IdentityProvider.Storage.Database;

internal sealed class SqliteContext(DbContextOptions<SqliteContext> options) : IdentityProviderContext(options)
{
    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        base.ConfigureConventions(configurationBuilder);
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<UtcTicks>();
        configurationBuilder.DefaultTypeMapping<DateTimeOffset>().HasConversion<UtcTicks>();
    }

    /// <summary>SQLite has no type for time: ticks compare and index as time does, and raw SQL reads them alike.</summary>
    private sealed class UtcTicks() : ValueConverter<DateTimeOffset, long>(time => time.UtcTicks, ticks => new DateTimeOffset(ticks, TimeSpan.Zero));
}
