using IdentityProvider.Storage.Database;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.Storage.Users;

/// <summary>
/// Held to the end of a transaction that gives an address to an account, before it looks whether another account has it. The index on
/// addresses is not unique, since an address that is not confirmed belongs to nobody.
/// </summary>
internal static class AddressLock
{
    public static Task TakeAsync(IdentityProviderContext context, string email) => context.Database.IsNpgsql()
        ? context.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended(upper({email}), 7303))")
        : Task.CompletedTask;
}
