using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Profiles;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Storage.Events;
using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Storage.Tests.Grants;
using Microsoft.EntityFrameworkCore;
using Xunit;

namespace IdentityProvider.Storage.Tests.Profiles;

/// <summary>Profiles on the databases.</summary>
public abstract class ProfileContract(TestDatabase database)
{
    private IProfileStore Profiles => database.Get<IProfileStore>();

    [Fact]
    public async Task A_profile_is_written_with_the_time_and_the_event_of_its_change()
    {
        var scene = await Scene.CreateAsync(database);
        await AddClaimsAsync(scene, ("department", "Print"), ("name", "Old"), ("name", "Older"), ("updated_at", "1"));
        var before = (await ReadAsync(scene)).UpdatedAt;

        Assert.True(await SaveAsync(scene, ("name", "Ada"), ("phone_number", "+4930123"), ("locale", "de")));

        var profile = await ReadAsync(scene);
        Assert.Equal(
            [("department", "Print"), ("name", "Ada"), ("locale", "de")],
            profile.Claims.Select(claim => (claim.Type, claim.Value)));
        Assert.Equal(("+4930123", false, "de"), (profile.PhoneNumber, profile.PhoneNumberConfirmed, profile.Culture));
        Assert.True(profile.UpdatedAt > before);
        await using var context = database.Context();
        var written = await context.Set<SecurityEventRow>().AsNoTracking().SingleAsync(it => it.SubjectId == scene.UserId);
        Assert.Equal((AccountEventTypes.ProfileChanged, "192.0.2.1"), (written.Type, written.RemoteAddress));
    }

    [Fact]
    public async Task What_changes_nothing_writes_nothing()
    {
        var scene = await Scene.CreateAsync(database);
        Assert.True(await SaveAsync(scene, ("name", "Ada")));
        var before = (await ReadAsync(scene)).UpdatedAt;
        Assert.False(await SaveAsync(scene, ("name", "Ada")));
        Assert.Equal(before, (await ReadAsync(scene)).UpdatedAt);
        await using var context = database.Context();
        Assert.Equal(1, await context.Set<SecurityEventRow>().CountAsync(it => it.SubjectId == scene.UserId));
    }

    [Fact]
    public async Task Of_many_changes_at_once_each_claim_is_stored_once()
    {
        var scene = await Scene.CreateAsync(database);
        var names = Enumerable.Range(0, 4).Select(index => $"Ada {index}").ToList();
        await Task.WhenAll(names.Select(name => Task.Run(() => SaveAsync(scene, ("name", name), ("nickname", name)))));

        var profile = await ReadAsync(scene);
        Assert.Equal(["name", "nickname"], profile.Claims.Select(claim => claim.Type).Order());
        Assert.Equal(profile.Find("name"), profile.Find("nickname"));
    }

    [Fact]
    public async Task The_profile_of_who_is_disabled_or_gone_does_not_change()
    {
        var scene = await Scene.CreateAsync(database);
        await using (var context = database.Context())
        {
            await context.Users.Where(user => user.Id == scene.UserId).ExecuteUpdateAsync(user => user.SetProperty(it => it.DisabledAt, DateTimeOffset.UnixEpoch));
        }

        Assert.False(await SaveAsync(scene, ("name", "Ada")));
        Assert.Empty((await ReadAsync(scene)).Claims);
        Assert.Null(await Profiles.ReadAsync(Scene.Id(), CancellationToken.None));
    }

    private async Task<PersonProfile> ReadAsync(Scene scene) => (await Profiles.ReadAsync(scene.UserId, CancellationToken.None))!;

    private Task<bool> SaveAsync(Scene scene, params (string Field, string? Value)[] values) => Profiles.SaveAsync(new ProfileChange
    {
        UserId = scene.UserId,
        Values = values.ToDictionary(value => value.Field, value => value.Value),
        Notice = new ChangeNotice(AccountEventTypes.ProfileChanged, new EventOrigin("192.0.2.0/24", "Firefox", "192.0.2.1")),
    });

    private async Task AddClaimsAsync(Scene scene, params (string Type, string Value)[] claims)
    {
        await using var context = database.Context();
        context.UserClaims.AddRange(claims.Select(claim => new UserClaim { UserId = scene.UserId, ClaimType = claim.Type, ClaimValue = claim.Value }));
        await context.SaveChangesAsync();
    }
}

public sealed class SqliteProfileTests(SqliteTestDatabase database) : ProfileContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresProfileTests(PostgresTestDatabase database) : ProfileContract(database), IClassFixture<PostgresTestDatabase>;
