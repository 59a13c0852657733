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
    IServiceScopeFactory scopes, DatabaseMigrator migrator, ServerSettings settings, IOptions<KeyManagementOptions> keys, TimeProvider time)
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
        await using var scope = scopes.CreateAsyncScope();
        var catalog = scope.ServiceProvider.GetRequiredService<ICatalogStore>();
        var stored = await catalog.LoadAsync(cancellationToken);
        var problems = SeedRules.Problems(seed, stored, keys.Value.RetentionDuration, demo: settings.Development || settings.Allowed.DemoSeed);
        if (problems.Count > 0)
        {
            throw new ConfigurationException(problems);
        }

        var plan = CatalogPlan.Compare(seed.Catalog, stored, prune);
        var users = new UserSeeder(
            scope.ServiceProvider.GetRequiredService<UserManager<User>>(),
            scope.ServiceProvider.GetRequiredService<RoleManager<IdentityRole<Guid>>>(),
            scope.ServiceProvider.GetRequiredService<PasswordPolicy>(),
            time);

        // What is wrong with people shows before anything is written.
        var people = await users.RunAsync(seed.Users, apply: false);
        if (apply && !plan.IsEmpty)
        {
            await catalog.ApplyAsync(plan.Upserts, plan.Removals, cancellationToken);
        }

        if (apply && people.Count > 0)
        {
            people = await users.RunAsync(seed.Users, apply: true);
        }

        return [.. plan.Changes, .. people];
    }
}
