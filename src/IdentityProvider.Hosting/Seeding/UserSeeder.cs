using System.Globalization;
using System.Security.Claims;
using System.Text.Json;
using IdentityProvider.Accounts.Passwords;
using IdentityProvider.Accounts.Profiles;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Hosting.Configuration;
using Microsoft.AspNetCore.Identity;

namespace IdentityProvider.Hosting.Seeding;

/// <summary>
/// Makes the people of a seed, and corrects what is the operator's: roles, and claims that people do not change themselves. Password, address,
/// phone number and profile are theirs once they exist; nobody is deleted because a file does not know them.
/// </summary>
internal sealed class UserSeeder(UserManager<User> users, RoleManager<IdentityRole<Guid>> roles, PasswordPolicy policy, TimeProvider time)
{
    private const string JsonType = "JSON";

    /// <summary>What a change of the profile takes away.</summary>
    private const string UpdatedAt = "updated_at";

    /// <summary>Compares, and writes when <paramref name="apply"/> is set.</summary>
    public async Task<IReadOnlyList<SeedChange>> RunAsync(IReadOnlyList<Located<SeedUser>> seed, bool apply)
    {
        var changes = new List<SeedChange>();
        foreach (var located in seed)
        {
            var wanted = located.Value;
            var user = await users.FindByNameAsync(wanted.Username);
            if (user is null)
            {
                if (wanted.Email is not null && await users.FindByEmailAsync(wanted.Email) is { EmailConfirmed: true } owner)
                {
                    throw new ConfigurationException(located.Problem($"'{wanted.Email}' belongs to {owner.UserName}, who has confirmed it.", "Email"));
                }

                if (wanted.Subject is { } subject && await users.FindByIdAsync(subject.ToString()) is { } holder)
                {
                    throw new ConfigurationException(located.Problem($"{holder.UserName} has this subject.", "Subject"));
                }

                changes.Add(new SeedChange('+', "user", wanted.Username, []));
                if (apply)
                {
                    await CreateAsync(located);
                }
            }
            else if (await CorrectAsync(located, user, apply) is { Count: > 0 } details)
            {
                changes.Add(new SeedChange('~', "user", wanted.Username, details));
            }
        }

        return changes;
    }

    private async Task CreateAsync(Located<SeedUser> located)
    {
        var wanted = located.Value;
        var now = time.GetUtcNow();
        var user = new User
        {
            Id = wanted.Subject ?? Guid.CreateVersion7(now),
            UserName = wanted.Username,
            Email = wanted.Email,
            EmailConfirmed = wanted.Email is not null && wanted.EmailVerified,
            HasShortPassword = wanted.Password is { } password && policy.IsShort(password),
            CreatedAt = now,
            UpdatedAt = now,
        };
        if (wanted.Claims.TryGetValue(ProfileFields.PhoneNumber, out var phone))
        {
            user.PhoneNumber = phone.ToString();
            user.PhoneNumberConfirmed = wanted.Claims.TryGetValue("phone_number_verified", out var verified) && verified.ValueKind == JsonValueKind.True;
        }

        Require(located, wanted.Password is null ? await users.CreateAsync(user) : await users.CreateAsync(user, wanted.Password));
        await AddRolesAsync(located, user, wanted.Roles);
        if (ClaimsOf(wanted) is { Count: > 0 } claims)
        {
            Require(located, await users.AddClaimsAsync(user, claims));
        }
    }

    private async Task<List<string>> CorrectAsync(Located<SeedUser> located, User user, bool apply)
    {
        var wanted = located.Value;
        if (wanted.Subject is { } subject && subject != user.Id)
        {
            throw new ConfigurationException(located.Problem($"the stored user has the subject {user.Id}, which never changes.", "Subject"));
        }

        var missingRoles = wanted.Roles.Except(await users.GetRolesAsync(user), StringComparer.OrdinalIgnoreCase).ToArray();
        var stored = await users.GetClaimsAsync(user);
        var claims = ClaimsOf(wanted).FindAll(claim => claim.Type != UpdatedAt && !ProfileFields.All.Contains(claim.Type));
        var missing = claims.Where(claim => !stored.Any(other => Same(claim, other))).ToArray();
        var outdated = stored.Where(other => claims.Any(claim => claim.Type == other.Type) && !claims.Any(claim => Same(claim, other))).ToArray();

        List<string> details =
        [
            .. missingRoles.Select(role => $"role {role}"),
            .. missing.Concat(outdated).Select(claim => $"claim {claim.Type}").Distinct(),
        ];
        if (!apply || details.Count == 0)
        {
            return details;
        }

        if (outdated.Length > 0)
        {
            Require(located, await users.RemoveClaimsAsync(user, outdated));
        }

        if (missing.Length > 0)
        {
            Require(located, await users.AddClaimsAsync(user, missing));
        }

        await AddRolesAsync(located, user, missingRoles);
        user.UpdatedAt = time.GetUtcNow();
        Require(located, await users.UpdateAsync(user));
        return details;
    }

    private async Task AddRolesAsync(Located<SeedUser> located, User user, IReadOnlyCollection<string> names)
    {
        foreach (var name in names)
        {
            if (!await roles.RoleExistsAsync(name))
            {
                Require(located, await roles.CreateAsync(new IdentityRole<Guid>(name) { Id = Guid.CreateVersion7(time.GetUtcNow()) }));
            }
        }

        if (names.Count > 0)
        {
            Require(located, await users.AddToRolesAsync(user, names));
        }
    }

    /// <summary>Phone number and its verification are columns of the user, not claims.</summary>
    private static List<Claim> ClaimsOf(SeedUser user) =>
        [.. user.Claims.Where(claim => claim.Key is not ("phone_number" or "phone_number_verified")).Select(claim => ToClaim(claim.Key, claim.Value))];

    private static Claim ToClaim(string type, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => new Claim(type, "true", ClaimValueTypes.Boolean),
        JsonValueKind.False => new Claim(type, "false", ClaimValueTypes.Boolean),
        JsonValueKind.Number when value.TryGetInt64(out var number) => new Claim(type, number.ToString(CultureInfo.InvariantCulture), ClaimValueTypes.Integer64),
        JsonValueKind.Number => new Claim(type, value.GetRawText(), ClaimValueTypes.Double),
        JsonValueKind.String => new Claim(type, value.GetString()!),
        _ => new Claim(type, JsonSerializer.Serialize(value), JsonType),
    };

    private static bool Same(Claim a, Claim b) => a.Type == b.Type && a.Value == b.Value && a.ValueType == b.ValueType;

    private static void Require(Located<SeedUser> located, IdentityResult result)
    {
        if (!result.Succeeded)
        {
            throw new ConfigurationException([.. result.Errors.Select(error => located.Problem(error.Description))]);
        }
    }
}
