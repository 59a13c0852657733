using System.Security.Claims;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Hosting.Configuration;
using IdentityProvider.Hosting.Seeding;
using IdentityProvider.Protocol.Clients;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Tests.Seeding;

public sealed class SeedApplyTests
{
    private const string OneScope = """{"ApiScopes": [{"Name": "api.read", "DisplayName": "Read"}]}""";

    [Fact]
    public async Task A_seed_that_is_applied_twice_changes_nothing()
    {
        await using var host = await TestHost.StartAsync();

        Assert.Empty(await ApplyAsync(host, TestSeed.Default));
    }

    [Fact]
    public async Task A_password_that_exists_is_never_overwritten()
    {
        await using var host = await TestHost.StartAsync();

        await ApplyAsync(host, """{"Users": [{"Username": "alice", "Password": "another"}]}""");

        await host.SignInAsync("alice", "alice");
    }

    [Fact]
    public async Task What_is_a_persons_own_stays_and_what_is_the_operators_is_corrected()
    {
        await using var host = await TestHost.StartAsync();
        await using var scope = host.Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        var alice = (await users.FindByNameAsync("alice"))!;
        (alice.Email, alice.PhoneNumber, alice.PhoneNumberConfirmed, alice.PasswordHash) = ("alice@elsewhere.example", "+491701234", false, null);
        await users.UpdateAsync(alice);
        var claims = await users.GetClaimsAsync(alice);
        await users.ReplaceClaimAsync(alice, claims.Single(claim => claim.Type == "nickname"), new Claim("nickname", "Ally"));
        await users.RemoveClaimsAsync(alice, claims.Where(claim => claim.Type is "website" or "updated_at" or "gender"));
        await users.RemoveFromRoleAsync(alice, "admin");

        var change = Assert.Single(await ApplyAsync(host, TestSeed.Default));

        Assert.Equal("~ user alice (role admin, claim gender)", change.ToString());
        await using var later = host.Services.CreateAsyncScope();
        users = later.ServiceProvider.GetRequiredService<UserManager<User>>();
        alice = (await users.FindByNameAsync("alice"))!;
        Assert.Equal(("alice@elsewhere.example", "+491701234", false, null), (alice.Email, alice.PhoneNumber, alice.PhoneNumberConfirmed, alice.PasswordHash));
        var types = (await users.GetClaimsAsync(alice)).ToLookup(claim => claim.Type, claim => claim.Value);
        Assert.Equal(["Ally"], types["nickname"]);
        Assert.Equal((0, 0, 1), (types["website"].Count(), types["updated_at"].Count(), types["gender"].Count()));
        Assert.True(await users.IsInRoleAsync(alice, "admin"));
    }

    [Fact]
    public async Task An_address_that_somebody_has_confirmed_is_refused_before_anything_is_written()
    {
        await using var host = await TestHost.StartAsync();

        var error = await Assert.ThrowsAsync<ConfigurationException>(() => ApplyAsync(host, """
            {"ApiScopes": [{"Name": "fresh"}], "Users": [{"Username": "alice2", "Email": "ALICE@example.com", "EmailVerified": true}]}
            """));

        Assert.Contains("$.Users[0].Email", error.Message, StringComparison.Ordinal);
        Assert.Contains("belongs to alice", error.Message, StringComparison.Ordinal);
        var stored = await host.Services.GetRequiredService<ICatalogStore>().LoadAsync(CancellationToken.None);
        Assert.DoesNotContain(stored.ApiScopes, scope => scope.Name == "fresh");
    }

    [Fact]
    public async Task What_leaves_the_file_stays_until_pruned_and_people_stay_even_then()
    {
        await using var host = await TestHost.StartAsync();

        var kept = await ApplyAsync(host, OneScope);
        Assert.Contains(kept, change => change is { Sign: '?', Kind: "client", Name: "web" });
        Assert.Contains(await ClientsAsync(host), client => client.ClientId == "web");

        var pruned = await ApplyAsync(host, OneScope, prune: true);
        Assert.Contains(pruned, change => change is { Sign: '-', Kind: "client", Name: "web" });
        Assert.Empty(await ClientsAsync(host));
        await host.SignInAsync("alice");
    }

    [Fact]
    public async Task A_change_names_the_properties_that_change()
    {
        await using var host = await TestHost.StartAsync();

        var changes = await ApplyAsync(host, """{"ApiScopes": [{"Name": "api.read", "DisplayName": "Look"}]}""");

        var change = Assert.Single(changes, change => change.Sign == '~');
        Assert.Equal("~ API scope api.read (DisplayName)", change.ToString());
    }

    [Fact]
    public async Task Claims_keep_the_type_of_their_json()
    {
        await using var host = await TestHost.StartAsync(options => options.ExtraSeed =
            """{"Users": [{"Username": "typed", "Claims": {"text": "1", "whole": 1, "part": 1.5, "yes": true, "list": ["a", 1], "thing": {"a": null}}}]}""");

        using var scope = host.Services.CreateScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        var claims = await users.GetClaimsAsync((await users.FindByNameAsync("typed"))!);

        Assert.Equal(
            [
                ("list", "[\"a\",1]", "JSON"), ("part", "1.5", ClaimValueTypes.Double), ("text", "1", ClaimValueTypes.String),
                ("thing", "{\"a\":null}", "JSON"), ("whole", "1", ClaimValueTypes.Integer64), ("yes", "true", ClaimValueTypes.Boolean),
            ],
            claims.OrderBy(claim => claim.Type, StringComparer.Ordinal).Select(claim => (claim.Type, claim.Value, claim.ValueType)));
    }

    [Fact]
    public async Task A_subject_never_changes()
    {
        await using var host = await TestHost.StartAsync();

        var error = await Assert.ThrowsAsync<ConfigurationException>(() =>
            ApplyAsync(host, """{"Users": [{"Username": "alice", "Subject": "00000000-0000-0000-0000-000000000001"}]}"""));

        Assert.Contains("$.Users[0].Subject", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_seed_with_a_problem_writes_nothing()
    {
        await using var host = await TestHost.StartAsync();

        await Assert.ThrowsAsync<ConfigurationException>(() =>
            ApplyAsync(host, """{"ApiScopes": [{"Name": "fresh"}], "Clients": [{"ClientId": "c", "AllowedGrantTypes": []}]}"""));

        var stored = await host.Services.GetRequiredService<ICatalogStore>().LoadAsync(CancellationToken.None);
        Assert.DoesNotContain(stored.ApiScopes, scope => scope.Name == "fresh");
    }

    private static async Task<IReadOnlyList<SeedChange>> ApplyAsync(TestHost host, string json, bool prune = false)
    {
        var path = Path.Combine(host.Directory, "again.json");
        await File.WriteAllTextAsync(path, json);
        return await host.Services.GetRequiredService<Seeder>().ApplyAsync(path, prune, CancellationToken.None);
    }

    private static async Task<IReadOnlyList<Client>> ClientsAsync(TestHost host) =>
        (await host.Services.GetRequiredService<ICatalogStore>().LoadAsync(CancellationToken.None)).Clients;
}
