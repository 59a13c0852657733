using IdentityProvider.Accounts.Users;
using IdentityProvider.Storage.Database;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.Storage.Users;

/// <summary>
/// ASP.NET Core Identity's store, but for addresses: several accounts may have one that none has confirmed. It stands for the account that
/// has confirmed it, else for the oldest.
/// </summary>
internal sealed class PeopleStore(IdentityProviderContext context, IdentityErrorDescriber? describer = null)
    : UserStore<
        User, IdentityRole<Guid>, IdentityProviderContext, Guid, UserClaim, IdentityUserRole<Guid>, IdentityUserLogin<Guid>,
        IdentityUserToken<Guid>, IdentityRoleClaim<Guid>, IdentityUserPasskey<Guid>>(context, describer)
{
    public override Task<User?> FindByEmailAsync(string normalizedEmail, CancellationToken cancellationToken = default) => Users
        .Where(user => user.NormalizedEmail == normalizedEmail)
        .OrderByDescending(user => user.EmailConfirmed)
        .ThenBy(user => user.CreatedAt)
        .FirstOrDefaultAsync(cancellationToken);
}
