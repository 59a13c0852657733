using IdentityProvider.Accounts.Passwords;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Hosting.Configuration;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Storage;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Hosting.Seeding;

/// <summary>Reads, checks, compares and applies seed files.</summary>
internal sealed class Seeder(
    IServiceScopeFactory scopes, ICatalogStore catalog, DatabaseMigrator migrator, ServerSettings settings, IOptions<KeyManagementOptions> keys, TimeProvider time)
{
    /// <summary>What applying would change.</summary>
    /// <exception cref="ConfigurationException">The files are wrong.</exception>
    public Task<IReadOnlyList<SeedChange>> PlanAsync(string path, bool prune, CancellationToken cancellationToken) =>
        RunAsync(SeedReader.Read(path), prune, apply: false, cancellationToken);

    /// <summary>
    /// Applies the files and tells what has changed. Applied twice, the second time changes nothing; so instances that start together seed
    /// one after the other.
    /// </summary>
    /// <exception cref="ConfigurationException">The files are wrong; nothing was written.</exception>
    public async Task<IReadOnlyList<SeedChange>> ApplyAsync(string path, bool prune, CancellationToken cancellationToken)
    {
        var seed = SeedReader.Read(path);
        await using var turn = await migrator.TakeTurnAsync(cancellationToken);
        return await RunAsync(seed, prune, apply: true, cancellationToken);
    }

    private async Task<IReadOnlyList<SeedChange>> RunAsync(SeedContents seed, bool prune, bool apply, CancellationToken cancellationToken)
    {
        var stored = await catalog.LoadReadableAsync(cancellationToken);
        var problems = SeedRules.Problems(seed, stored, keys.Value.RetentionDuration, demo: settings.Development || settings.Allowed.DemoSeed);
        if (problems.Count > 0)
        {
            throw new ConfigurationException(problems);
        }

        var plan = CatalogPlan.Compare(seed.Catalog, stored, prune);

        // What is wrong with people shows before anything is written.
        var people = await SeedPeopleAsync(seed.Users, apply: false);
        if (apply && !plan.IsEmpty)
        {
            await catalog.ApplyAsync(plan.Upserts, plan.Removals, cancellationToken);
        }

        if (apply && people.Count > 0)
        {
            people = await SeedPeopleAsync(seed.Users, apply: true);
        }

        return [.. plan.Changes, .. people];
    }

    /// <summary>Each time with people as they are then.</summary>
    private async Task<IReadOnlyList<SeedChange>> SeedPeopleAsync(IReadOnlyList<Located<SeedUser>> people, bool apply)
    {
        await using var scope = scopes.CreateAsyncScope();
        var users = new UserSeeder(
            scope.ServiceProvider.GetRequiredService<UserManager<User>>(),
            scope.ServiceProvider.GetRequiredService<RoleManager<IdentityRole<Guid>>>(),
            scope.ServiceProvider.GetRequiredService<PasswordPolicy>(),
            time);
        return await users.RunAsync(people, apply);
    }
}
