using IdentityProvider.Accounts.Users;
using IdentityProvider.Storage.Clients;
using IdentityProvider.Storage.Consents;
using IdentityProvider.Storage.DataProtection;
using IdentityProvider.Storage.Devices;
using IdentityProvider.Storage.Events;
using IdentityProvider.Storage.Factors;
using IdentityProvider.Storage.Grants;
using IdentityProvider.Storage.Interactions;
using IdentityProvider.Storage.Keys;
using IdentityProvider.Storage.OneTimeTokens;
using IdentityProvider.Storage.Outbox;
using IdentityProvider.Storage.Sessions;
using IdentityProvider.Storage.Upstream;
using IdentityProvider.Storage.Users;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.Storage.Database;

/// <summary>
/// The whole schema. Hot paths (grants, sessions, interactions) use it for migrations only and speak SQL themselves.
/// Our tables have no foreign keys: liveness is judged at use, and rows are removed by expiry.
/// </summary>
internal abstract class IdentityProviderContext(DbContextOptions options)
    : IdentityDbContext<
        User, IdentityRole<Guid>, Guid, UserClaim, IdentityUserRole<Guid>, IdentityUserLogin<Guid>,
        IdentityRoleClaim<Guid>, IdentityUserToken<Guid>, IdentityUserPasskey<Guid>>(options)
{
    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);

        // Few accounts are to be deleted, and the hourly look must not read all.
        builder.Entity<User>().HasIndex(user => user.DeleteAfter).HasFilter("\"DeleteAfter\" IS NOT NULL");
        builder.Entity<AuthorizationCodeRow>(AuthorizationCodeRow.Configure);
        builder.Entity<GrantRow>(GrantRow.Configure);
        builder.Entity<ReferenceTokenRow>(ReferenceTokenRow.Configure);
        builder.Entity<RevokedAccessTokenRow>(RevokedAccessTokenRow.Configure);
        builder.Entity<SessionRow>(SessionRow.Configure);
        builder.Entity<InteractionRow>(InteractionRow.Configure);
        builder.Entity<ConsentRow>(ConsentRow.Configure);
        builder.Entity<OutboxRow>(OutboxRow.Configure);
        builder.Entity<TotpRow>(TotpRow.Configure);
        builder.Entity<RecoveryCodeRow>(RecoveryCodeRow.Configure);
        builder.Entity<UsedChallengeRow>(UsedChallengeRow.Configure);
        builder.Entity<PasskeyUseRow>(PasskeyUseRow.Configure);
        builder.Entity<PasskeyOfferRow>(PasskeyOfferRow.Configure);
        builder.Entity<OneTimeTokenRow>(OneTimeTokenRow.Configure);
        builder.Entity<KnownDeviceRow>(KnownDeviceRow.Configure);
        builder.Entity<SignInCountryRow>(SignInCountryRow.Configure);
        builder.Entity<PasswordFailuresRow>(PasswordFailuresRow.Configure);
        builder.Entity<ExternalLoginRow>(ExternalLoginRow.Configure);
        builder.Entity<SuspensionRow>(SuspensionRow.Configure);
        builder.Entity<SecurityEventRow>(SecurityEventRow.Configure);
        builder.Entity<SigningKeyRow>(SigningKeyRow.Configure);
        builder.Entity<RootKeyRow>(RootKeyRow.Configure);
        builder.Entity<DataProtectionKeyRow>(DataProtectionKeyRow.Configure);
        builder.Entity<CatalogVersionRow>(CatalogVersionRow.Configure);
        CatalogRow.Configure(builder);
        builder.UseSnakeCaseColumns();
    }
}
