using System.Security.Cryptography;
using Xunit;
using Xunit.Abstractions;

namespace IdentityProvider.Storage.Tests.SystemTests;

public sealed class KillTests(ITestOutputHelper output)
{
    private const int Chains = 8;

    private static readonly int s_kills = Environment.GetEnvironmentVariable("IDP_TEST_LONG") == "1" ? 30 : 3;

    [Fact]
    public async Task Instances_that_are_killed_at_random_moments_under_refresh_load_lose_no_token_and_spend_none_twice()
    {
        await using var installation = await Installation.CreateAsync();
        installation.Settings["Seed:Path"] = installation.Seed;
        IdpProcess[] instances = [await IdpProcess.ServeAsync(installation.Settings), await IdpProcess.ServeAsync(installation.Settings)];
        using var browser = instances[0].NewClient();
        await browser.SignInAsync();
        var app = App.Rotating;
        var chains = new List<Chain>();
        for (var i = 0; i < Chains; i++)
        {
            chains.Add(new Chain(app, (await app.TokensAsync(browser))["refresh_token"], () => Volatile.Read(ref instances[RandomNumberGenerator.GetInt32(2)]).Http));
        }

        using var stop = new CancellationTokenSource();
        var running = chains.Select(chain => Task.Run(() => chain.RunAsync(stop.Token))).ToList();
        try
        {
            for (var kill = 0; kill < s_kills; kill++)
            {
                await UntilEachHasRotatedAsync(chains, running);
                await Task.Delay(RandomNumberGenerator.GetInt32(100));
                var killed = instances[kill % 2];
                await killed.KillAsync();
                Volatile.Write(ref instances[kill % 2], await IdpProcess.ServeAsync(installation.Settings));
                await killed.DisposeAsync();
            }

            await UntilEachHasRotatedAsync(chains, running);
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(running.Select(loop => loop.ContinueWith(_ => { }, TaskScheduler.Default)));
        }

        await Task.WhenAll(running);
        Assert.True(chains.Sum(chain => chain.Lost) >= s_kills, "The kills were felt");
        foreach (var chain in chains)
        {
            await chain.IsWholeAsync(instances[RandomNumberGenerator.GetInt32(2)].Http);
        }

        // Not one family was revoked, and each has rotated once for each answer that was read, and at most once more for each that was lost.
        Assert.Equal(0, await installation.ReadAsync<long>("SELECT count(*) FROM grants WHERE revoked_at IS NOT NULL"));
        Assert.Equal(chains.Sum(chain => chain.Rotations + 2), await installation.ReadAsync<long>("SELECT sum(generation) FROM grants"));
        output.WriteLine($"{s_kills} kills, {chains.Sum(chain => chain.Rotations)} rotations in {Chains} chains, {chains.Sum(chain => chain.Lost)} answers lost");
        foreach (var instance in instances)
        {
            await instance.DisposeAsync();
        }
    }

    private static async Task UntilEachHasRotatedAsync(List<Chain> chains, List<Task> running)
    {
        var before = chains.Select(chain => chain.Rotations).ToList();
        await Eventually.BecomesTrueAsync(
            () => running.Find(loop => loop.IsFaulted) is { } broken
                ? throw broken.Exception!
                : chains.Zip(before).All(pair => pair.First.Rotations >= pair.Second + 3),
            "Each chain goes on");
    }
}
