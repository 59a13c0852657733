using IdentityProvider.Storage.Events;
using IdentityProvider.Storage.Factors;
using IdentityProvider.Storage.Grants;
using IdentityProvider.Storage.Interactions;
using IdentityProvider.Storage.Outbox;
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

        // Short-lived rows, which go by the hundred.
        builder.Entity<OutboxRow>().HasStorageParameter("autovacuum_vacuum_scale_factor", 0.02);
        builder.Entity<InteractionRow>().HasStorageParameter("autovacuum_vacuum_scale_factor", 0.05);
        builder.Entity<ReferenceTokenRow>().HasStorageParameter("autovacuum_vacuum_scale_factor", 0.05);
        builder.Entity<RevokedAccessTokenRow>().HasStorageParameter("autovacuum_vacuum_scale_factor", 0.05);
        builder.Entity<UsedChallengeRow>().HasStorageParameter("autovacuum_vacuum_scale_factor", 0.05);
        builder.Entity<SecurityEventRow>().HasStorageParameter("autovacuum_vacuum_scale_factor", 0.05);
    }
}
