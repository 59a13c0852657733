using IdentityProvider.Accounts.Profiles;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Protocol.Outbox;
using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Events;
using IdentityProvider.Storage.Users;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.Storage.Profiles;

/// <summary>
/// Profiles on either database. The person's row is written with its concurrency stamp as the condition: of two changes at once, the later
/// one starts again from what the other has left, so that no claim is stored twice.
/// </summary>
internal sealed class ProfileStore(Func<IdentityProviderContext> contexts, OutboxSignal outbox, TimeProvider time) : IProfileStore
{
    private const int Attempts = 5;

    public async Task<PersonProfile?> ReadAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var context = contexts();
        var user = await context.Users.AsNoTracking().SingleOrDefaultAsync(it => it.Id == userId, cancellationToken);
        if (user is null)
        {
            return null;
        }

        var claims = await context.UserClaims.AsNoTracking().Where(claim => claim.UserId == userId).OrderBy(claim => claim.Id).ToListAsync(cancellationToken);
        var roles = await context.UserRoles.Where(role => role.UserId == userId)
            .Join(context.Roles, role => role.RoleId, role => role.Id, (_, role) => role.Name!).OrderBy(name => name).ToListAsync(cancellationToken);
        return new PersonProfile
        {
            Username = user.UserName ?? "",
            Email = user.Email,
            EmailConfirmed = user.EmailConfirmed,
            PhoneNumber = user.PhoneNumber,
            PhoneNumberConfirmed = user.PhoneNumberConfirmed,
            Culture = user.Culture,
            CreatedAt = user.CreatedAt,
            UpdatedAt = user.UpdatedAt,
            DeleteAfter = user.DeleteAfter,
            Claims = [.. claims.Select(claim => new PersonClaim(claim.ClaimType ?? "", claim.ClaimValue ?? "", claim.ClaimValueType))],
            Roles = roles,
        };
    }

    public async Task<bool> SaveAsync(ProfileChange change)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await TrySaveAsync(change);
            }
            catch (DbUpdateConcurrencyException) when (attempt < Attempts)
            {
                // Somebody was faster.
            }
        }
    }

    private async Task<bool> TrySaveAsync(ProfileChange change)
    {
        await using var context = contexts();
        var user = await context.Users.SingleOrDefaultAsync(it => it.Id == change.UserId && it.DisabledAt == null);
        if (user is null)
        {
            return false;
        }

        var stored = await context.UserClaims.Where(claim => claim.UserId == user.Id).ToListAsync();
        SetPhoneNumber(user, change.Values.GetValueOrDefault(ProfileFields.PhoneNumber));
        user.Culture = change.Values.GetValueOrDefault(ProfileFields.Locale);
        foreach (var field in ProfileFields.All.Where(field => field != ProfileFields.PhoneNumber))
        {
            SetClaim(context, user, [.. stored.Where(claim => claim.ClaimType == field)], field, change.Values.GetValueOrDefault(field));
        }

        if (!context.ChangeTracker.HasChanges())
        {
            return false;
        }

        // A time that an import has stored is no longer that of the last change.
        context.RemoveRange(stored.Where(claim => claim.ClaimType == "updated_at"));
        var now = time.GetUtcNow();
        user.UpdatedAt = now;
        user.ConcurrencyStamp = Stamps.New().Concurrency;
        var mails = ChangeNotices.Add(context, change.Notice, user, now);
        await context.SaveChangesAsync();
        if (mails)
        {
            outbox.Set();
        }

        return true;
    }

    private static void SetPhoneNumber(User user, string? number)
    {
        if (user.PhoneNumber != number)
        {
            (user.PhoneNumber, user.PhoneNumberConfirmed) = (number, false);
        }
    }

    private static void SetClaim(IdentityProviderContext context, User user, List<UserClaim> stored, string field, string? value)
    {
        context.RemoveRange(value is null ? stored : stored.Skip(1));
        if (value is null)
        {
            return;
        }

        if (stored.Count == 0)
        {
            context.UserClaims.Add(new UserClaim { UserId = user.Id, ClaimType = field, ClaimValue = value });
        }
        else
        {
            (stored[0].ClaimValue, stored[0].ClaimValueType) = (value, null);
        }
    }
}
