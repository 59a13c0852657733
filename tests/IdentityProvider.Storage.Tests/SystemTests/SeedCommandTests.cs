using System.Net;
using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

/// <summary><c>idp migrate</c> and <c>idp seed</c> as processes of their own.</summary>
public sealed class SeedCommandTests
{
    private static readonly TimeSpan _atMost = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task What_is_migrated_or_seeded_twice_changes_nothing_the_second_time()
    {
        await using var installation = await Installation.CreateAsync();

        Assert.StartsWith("Applied ", await RunAsync(installation, "migrate"), StringComparison.Ordinal);
        Assert.Equal("The database is up to date.", await RunAsync(installation, "migrate"));
        Assert.EndsWith(" changed.", await RunAsync(installation, $"seed apply --path {installation.Seed}"), StringComparison.Ordinal);
        var stored = await StoredAsync(installation);
        Assert.Equal("Nothing to change.", await RunAsync(installation, $"seed apply --path {installation.Seed}"));
        Assert.Equal(stored, await StoredAsync(installation));
    }

    [Fact]
    public async Task A_client_that_the_seed_disables_is_refused_by_a_running_server_and_its_grants_are_dead_at_once()
    {
        await using var installation = await Installation.CreateAsync();
        await using var host = await installation.StartAsync();
        var app = App.Rotating;
        var tokens = await app.TokensAsync(await host.SignInAsync("alice"));
        Assert.True(await App.IsActiveAsync(host.Http, tokens["access_token"]));

        var file = Path.Combine(installation.Seed, "2.json");
        var seed = await File.ReadAllTextAsync(file);
        await File.WriteAllTextAsync(file, seed.Replace("\"ClientId\"", "\"Enabled\": false, \"ClientId\"", StringComparison.Ordinal));
        var output = await RunAsync(installation, $"seed apply --path {installation.Seed}");
        var applied = TimeProvider.System.GetTimestamp();
        Assert.Contains("~ client rotating (Enabled)", output, StringComparison.Ordinal);

        Assert.False(await App.IsActiveAsync(host.Http, tokens["access_token"]));
        await Eventually.BecomesAsync(
            () => app.RefreshAsync(host.Http, tokens["refresh_token"]), answer => answer.Error == "invalid_client", "The client is refused");
        Assert.InRange(TimeProvider.System.GetElapsedTime(applied), TimeSpan.Zero, _atMost);
        (await App.UserInfoAsync(host.Http, tokens["access_token"])).Fails(HttpStatusCode.Unauthorized, "invalid_token");
    }

    private static async Task<string> RunAsync(Installation installation, string command)
    {
        var result = await IdpProcess.RunAsync(command, installation.Settings);
        Assert.True(result.ExitCode == 0, result.Error);
        return result.Output;
    }

    /// <summary>Every row that a seed writes, with its stamps.</summary>
    private static Task<string> StoredAsync(Installation installation) => installation.ReadAsync<string>(
        """
        SELECT concat(
            (SELECT version FROM catalog_version),
            (SELECT string_agg(c::text, ',' ORDER BY name) FROM clients c),
            (SELECT string_agg(c::text, ',' ORDER BY name) FROM api_scopes c),
            (SELECT string_agg(c::text, ',' ORDER BY name) FROM api_resources c),
            (SELECT string_agg(c::text, ',' ORDER BY name) FROM identity_resources c),
            (SELECT string_agg(u::text, ',' ORDER BY "Id") FROM "AspNetUsers" u),
            (SELECT string_agg(u::text, ',' ORDER BY "Id") FROM "AspNetUserClaims" u))
        """);
}
