using IdentityProvider.Storage.Grants;
using IdentityProvider.Storage.Sessions;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.Storage.Database;

internal sealed class PostgresContext(DbContextOptions<PostgresContext> options) : IdentityProviderContext(options)
{
    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);

        // Room on each page keeps a rotation a HOT update; frequent, unthrottled vacuum keeps the table flat.
        builder.Entity<GrantRow>()
            .HasStorageParameter("fillfactor", 60)
            .HasStorageParameter("autovacuum_vacuum_scale_factor", 0.02)
            .HasStorageParameter("autovacuum_vacuum_cost_delay", 0);
        builder.Entity<AuthorizationCodeRow>()
            .HasStorageParameter("fillfactor", 70)
            .HasStorageParameter("autovacuum_vacuum_scale_factor", 0.02);
        builder.Entity<SessionRow>()
            .HasStorageParameter("fillfactor", 80)
            .HasStorageParameter("autovacuum_vacuum_scale_factor", 0.05);
    }
}
