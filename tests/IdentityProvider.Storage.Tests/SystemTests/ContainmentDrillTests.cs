using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

/// <summary><c>idp drill containment</c> at two instances as processes of their own.</summary>
public sealed class ContainmentDrillTests
{
    [Fact]
    [Trait("row", "E8")]
    public async Task A_lock_is_felt_at_every_instance_and_the_drill_leaves_nothing_behind()
    {
        await using var installation = await Installation.CreateAsync();
        installation.Settings["Seed:Path"] = installation.Seed;
        var starts = new[] { IdpProcess.ServeAsync(installation.Settings), IdpProcess.ServeAsync(installation.Settings) };
        await using var first = await starts[0];
        await using var second = await starts[1];
        installation.Settings.Remove("Seed:Path");

        // Two at once, which must not be in each other's way.
        var drills = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => IdpProcess.RunAsync(
            $"drill containment --url {first.Http.BaseAddress} --url {second.Http.BaseAddress}", installation.Settings)));

        foreach (var drill in drills)
        {
            Assert.True(drill.ExitCode == 0, drill.Error + drill.Output);
            Assert.Contains("2 session(s) and 2 grant(s) ended", drill.Output, StringComparison.Ordinal);
            foreach (var instance in new[] { first, second })
            {
                Assert.Matches($"(?m)^{instance.Http.BaseAddress} +[0-9.]+ ms +[0-9.]+ ms +[0-9.]+ ms$", drill.Output);
            }
        }

        await IsGoneAsync(installation);
    }

    [Fact]
    public async Task An_instance_that_does_not_answer_is_named_and_the_drill_leaves_nothing_behind()
    {
        await using var installation = await Installation.CreateAsync();
        await using var host = await installation.StartAsync();

        var drill = await IdpProcess.RunAsync($"drill containment --url {host.Address} --url http://127.0.0.1:1/", installation.Settings);

        Assert.Equal(1, drill.ExitCode);
        Assert.Contains("http://127.0.0.1:1/ does not answer", drill.Error, StringComparison.Ordinal);
        await IsGoneAsync(installation);
    }

    private static async Task IsGoneAsync(Installation installation)
    {
        Assert.Equal(0, await installation.ReadAsync<long>("""SELECT count(*) FROM "AspNetUsers" WHERE "UserName" LIKE 'drill-%'"""));
        Assert.Equal(0, await installation.ReadAsync<long>(
            "SELECT count(*) FROM clients WHERE name LIKE 'idp-containment-drill-%' AND (document IS NOT NULL OR disabled_at IS NULL)"));
    }
}
