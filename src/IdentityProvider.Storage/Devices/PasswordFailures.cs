using IdentityProvider.Accounts.Throttling;
using IdentityProvider.Storage.Database;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.Storage.Devices;

/// <summary>Failed passwords on either database.</summary>
internal sealed class PasswordFailures(Func<IdentityProviderContext> contexts) : IPasswordFailures
{
    public async Task<int> RaiseAsync(Guid userId)
    {
        await using var context = contexts();
        return (await context.Database.SqlQuery<int>($"""
            INSERT INTO password_failures AS f (user_id, failures) VALUES ({userId}, 1)
            ON CONFLICT (user_id) DO UPDATE SET failures = f.failures + 1 RETURNING failures AS "Value"
            """).ToListAsync())[0];
    }

    public async Task LowerAsync(Guid userId)
    {
        await using var context = contexts();
        await context.Set<PasswordFailuresRow>().Where(row => row.UserId == userId && row.Failures > 0)
            .ExecuteUpdateAsync(update => update.SetProperty(row => row.Failures, row => row.Failures - 1));
    }

    public async Task ResetAsync(Guid userId)
    {
        await using var context = contexts();
        await context.Set<PasswordFailuresRow>().Where(row => row.UserId == userId && row.Failures > 0)
            .ExecuteUpdateAsync(update => update.SetProperty(row => row.Failures, 0));
    }
}
