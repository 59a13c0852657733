using IdentityProvider.Storage.Database;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.Storage.Users;

/// <summary>
/// Held to the end of a transaction that gives an address to an account, before it looks whether another account has it. The index on
/// addresses is not unique, since an address that is not confirmed belongs to nobody.
/// </summary>
internal static class AddressLock
{
    /// <summary>Any constant number: our addresses share no lock with anything else.</summary>
    public const string Seed = "7303";

    private const string Take = $"SELECT pg_advisory_xact_lock(hashtextextended(upper({{0}}), {Seed}))";

    public static Task TakeAsync(IdentityProviderContext context, string email) => context.Database.IsNpgsql()
        ? context.Database.ExecuteSqlRawAsync(Take, email)
        : Task.CompletedTask;
}
