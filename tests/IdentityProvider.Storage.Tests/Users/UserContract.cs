using System.Security.Claims;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Storage.Tests.Grants;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Storage.Tests.Users;

/// <summary>The stores of ASP.NET Core Identity on our schema.</summary>
public abstract class UserContract(TestDatabase database)
{
    [Fact]
    public async Task A_person_comes_back_with_claims_of_their_types_and_with_roles()
    {
        var user = new User
        {
            UserName = "u" + Scene.Id().ToString("N"),
            Email = "u@example.org",
            Epoch = 3,
            DisabledAt = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero),
            LockoutEnd = new DateTimeOffset(2031, 1, 1, 0, 0, 0, TimeSpan.Zero),
        };
        await WithUsersAsync(async (users, roles) =>
        {
            await roles.CreateAsync(new IdentityRole<Guid>("admin"));
            Assert.True((await users.CreateAsync(user)).Succeeded);
            await users.AddClaimsAsync(user, [new Claim("name", "Ada"), new Claim("admin", "true", ClaimValueTypes.Boolean), new Claim("address", "{}", "JSON")]);
            await users.AddToRoleAsync(user, "admin");
        });

        await WithUsersAsync(async (users, _) =>
        {
            var found = (await users.FindByNameAsync(user.UserName))!;
            Assert.Equal((user.Id, 3, user.DisabledAt, user.LockoutEnd), (found.Id, found.Epoch, found.DisabledAt, found.LockoutEnd));
            Assert.Equal(
                [("name", ClaimValueTypes.String), ("admin", ClaimValueTypes.Boolean), ("address", "JSON")],
                (await users.GetClaimsAsync(found)).Select(claim => (claim.Type, claim.ValueType)));
            Assert.Equal(["admin"], await users.GetRolesAsync(found));
        });
    }

    [Fact]
    public async Task Passkeys_are_stored()
    {
        var user = new User { UserName = "u" + Scene.Id().ToString("N") };
        var passkey = new UserPasskeyInfo(
            Scene.Bytes(), Scene.Bytes(), new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero), 7, ["internal"], true, true, false, [1], [2])
        { Name = "laptop" };
        await WithUsersAsync(async (users, _) =>
        {
            await users.CreateAsync(user);
            Assert.True((await users.AddOrUpdatePasskeyAsync(user, passkey)).Succeeded);
        });

        await WithUsersAsync(async (users, _) =>
        {
            var owner = (await users.FindByPasskeyIdAsync(passkey.CredentialId))!;
            Assert.Equal(user.Id, owner.Id);
            var found = Assert.Single(await users.GetPasskeysAsync(owner));
            Assert.Equal(("laptop", 7u, passkey.CreatedAt), (found.Name, found.SignCount, found.CreatedAt));
        });
    }

    [Fact]
    public async Task A_name_is_taken_once()
    {
        var name = "u" + Scene.Id().ToString("N");
        await WithUsersAsync(async (users, _) =>
        {
            Assert.True((await users.CreateAsync(new User { UserName = name })).Succeeded);
            Assert.False((await users.CreateAsync(new User { UserName = name.ToUpperInvariant() })).Succeeded);
        });
    }

    private async Task WithUsersAsync(Func<UserManager<User>, RoleManager<IdentityRole<Guid>>, Task> action)
    {
        await using var scope = database.Services.CreateAsyncScope();
        await action(
            scope.ServiceProvider.GetRequiredService<UserManager<User>>(),
            scope.ServiceProvider.GetRequiredService<RoleManager<IdentityRole<Guid>>>());
    }
}

public sealed class SqliteUserTests(SqliteTestDatabase database) : UserContract(database), IClassFixture<SqliteTestDatabase>;

public sealed class PostgresUserTests(PostgresTestDatabase database) : UserContract(database), IClassFixture<PostgresTestDatabase>;
