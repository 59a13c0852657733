using System.Security.Cryptography;
using IdentityProvider.Accounts.Devices;
using IdentityProvider.Storage.Database;
using Microsoft.EntityFrameworkCore;

namespace IdentityProvider.Storage.Devices;

/// <summary>Known devices on either database. What counts is counted by one statement.</summary>
internal sealed class DeviceStore(Func<IdentityProviderContext> contexts, TimeProvider time) : IDeviceStore
{
    public async Task<KnownDevice?> FindAsync(Guid userId, IReadOnlyList<DeviceHandle> presented, CancellationToken cancellationToken)
    {
        var ids = presented.Select(device => device.Id).ToArray();
        await using var context = contexts();
        var rows = await Alive(context, userId).AsNoTracking().Where(row => ids.Contains(row.Id)).ToListAsync(cancellationToken);
        return rows.Find(row => presented.Any(device => device.Id == row.Id && CryptographicOperations.FixedTimeEquals(row.SecretHash, device.SecretHash))) is { } found
            ? Describe(found)
            : null;
    }

    public async Task<bool> AddAsync(Guid userId, DeviceHandle device, DeviceVisit visit, TimeSpan lifetime)
    {
        var now = time.GetUtcNow();
        await using var context = contexts();

        // Devices are forgotten in time: to an account that is not new, a first one is news too.
        var yesterday = now - TimeSpan.FromDays(1);
        var others = await context.Set<KnownDeviceRow>().AnyAsync(row => row.UserId == userId)
            || await context.Users.AnyAsync(user => user.Id == userId && user.CreatedAt < yesterday);
        context.Add(new KnownDeviceRow
        {
            Id = device.Id,
            UserId = userId,
            SecretHash = device.SecretHash,
            UserAgent = visit.UserAgent,
            RemoteAddress = visit.RemoteAddress,
            Country = visit.Country,
            Failures = 0,
            CreatedAt = now,
            LastSeenAt = now,
            ExpiresAt = now + lifetime,
        });
        await context.SaveChangesAsync();
        return others;
    }

    public async Task<bool> NoteSignInAsync(Guid deviceId, DeviceVisit visit, TimeSpan lifetime)
    {
        var now = time.GetUtcNow();
        await using var context = contexts();
        return await context.Set<KnownDeviceRow>().Where(row => row.Id == deviceId && row.RevokedAt == null)
            .ExecuteUpdateAsync(update => update
                .SetProperty(row => row.Failures, 0)
                .SetProperty(row => row.UserAgent, visit.UserAgent)
                .SetProperty(row => row.RemoteAddress, visit.RemoteAddress)
                .SetProperty(row => row.Country, visit.Country)
                .SetProperty(row => row.LastSeenAt, now)
                .SetProperty(row => row.ExpiresAt, now + lifetime)) == 1;
    }

    public async Task NoteFailureAsync(Guid deviceId, int limit)
    {
        var now = time.GetUtcNow();
        await using var context = contexts();
        await context.Set<KnownDeviceRow>().Where(row => row.Id == deviceId && row.RevokedAt == null)
            .ExecuteUpdateAsync(update => update
                .SetProperty(row => row.Failures, row => row.Failures + 1)
                .SetProperty(row => row.RevokedAt, row => row.Failures + 1 >= limit ? now : null));
    }

    public async Task<bool> TrustAsync(Guid userId, Guid deviceId, TimeSpan duration)
    {
        var now = time.GetUtcNow();
        await using var context = contexts();
        return await Alive(context, userId).Where(row => row.Id == deviceId)
            .ExecuteUpdateAsync(update => update
                .SetProperty(row => row.TrustedSince, now)
                .SetProperty(row => row.TrustedUntil, now + duration)) == 1;
    }

    public async Task<bool> NoteCountryAsync(Guid userId, string country)
    {
        var now = time.GetUtcNow();
        await using var context = contexts();
        var countries = context.Set<SignInCountryRow>().Where(row => row.UserId == userId);
        if (await countries.Where(row => row.Country == country).ExecuteUpdateAsync(update => update.SetProperty(row => row.LastSeenAt, now)) == 1)
        {
            return false;
        }

        return await context.Database.ExecuteSqlAsync(
                $"INSERT INTO sign_in_countries (user_id, country, last_seen_at) VALUES ({userId}, {country}, {now}) ON CONFLICT DO NOTHING") == 1
            && await countries.AnyAsync(row => row.Country != country);
    }

    public async Task<IReadOnlyList<KnownDevice>> ListAsync(Guid userId, CancellationToken cancellationToken)
    {
        await using var context = contexts();
        var rows = await Alive(context, userId).AsNoTracking().OrderByDescending(row => row.LastSeenAt).ToListAsync(cancellationToken);
        return [.. rows.Select(Describe)];
    }

    public async Task<bool> RevokeAsync(Guid userId, Guid deviceId) => await RevokeAsync(userId, row => row.Id == deviceId) == 1;

    public Task<int> RevokeAllAsync(Guid userId, Guid? exceptDeviceId = null) => RevokeAsync(userId, row => row.Id != exceptDeviceId);

    private async Task<int> RevokeAsync(Guid userId, System.Linq.Expressions.Expression<Func<KnownDeviceRow, bool>> which)
    {
        var now = time.GetUtcNow();
        await using var context = contexts();
        return await Alive(context, userId).Where(which).ExecuteUpdateAsync(update => update.SetProperty(row => row.RevokedAt, now));
    }

    private IQueryable<KnownDeviceRow> Alive(IdentityProviderContext context, Guid userId)
    {
        var now = time.GetUtcNow();
        return context.Set<KnownDeviceRow>().Where(row => row.UserId == userId && row.RevokedAt == null && row.ExpiresAt > now);
    }

    private static KnownDevice Describe(KnownDeviceRow row) => new()
    {
        Id = row.Id,
        UserId = row.UserId,
        UserAgent = row.UserAgent,
        RemoteAddress = row.RemoteAddress,
        Country = row.Country,
        CreatedAt = row.CreatedAt,
        LastSeenAt = row.LastSeenAt,
        TrustedUntil = row.TrustedUntil,
    };
}
