using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Storage.Tests.Redis;
using IdentityProvider.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

/// <summary>What one instance changes, the others see within two seconds, with Redis and without.</summary>
public sealed class InvalidationTests
{
    private static readonly TimeSpan _promise = TimeSpan.FromSeconds(2);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_changed_client_and_a_changed_key_reach_another_instance_within_two_seconds(bool withRedis)
    {
        await using var redis = await RedisServer.StartAsync();
        await using var installation = await Installation.CreateAsync();
        if (withRedis)
        {
            installation.Settings["ConnectionStrings:Redis"] = redis.ConnectionString;
        }

        await using var here = await installation.StartAsync();
        await using var there = await installation.StartAsync();

        // The median of three: one measurement may meet a pause of the machine.
        var clients = new List<TimeSpan>();
        var keys = new List<TimeSpan>();
        for (var round = 0; round < 3; round++)
        {
            var enabled = round % 2 == 1;
            await EnableAsync(here, enabled);
            clients.Add(await UntilAsync(async () => (await App.Machine.ClientCredentialsAsync(there.Http)).Error is null == enabled, "The client has changed"));

            var before = await App.PublishedKeysAsync(there.Http);
            await KeysOf(here).RotateAsync(now: true, CancellationToken.None);
            keys.Add(await UntilAsync(async () => (await App.PublishedKeysAsync(there.Http)).Count == before.Count + 2, "The new keys are published"));
        }

        Assert.InRange(clients.Order().ElementAt(1), TimeSpan.Zero, _promise);
        Assert.InRange(keys.Order().ElementAt(1), TimeSpan.Zero, _promise);
    }

    [Fact]
    public async Task A_message_alone_brings_the_news()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var installation = await Installation.CreateAsync();
        installation.Settings["ConnectionStrings:Redis"] = redis.ConnectionString;
        await using var here = await installation.StartAsync();

        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var there = await installation.StartAsync(time);
        await StandsStillOnceHealthyAsync(there, time);
        (await App.Machine.ClientCredentialsAsync(there.Http)).Succeeds();
        var keys = await App.PublishedKeysAsync(there.Http);

        // Once more until it is heard: an instance that has just connected may not have subscribed yet.
        await Eventually.BecomesAsync(
            async () =>
            {
                await EnableAsync(here, enabled: true);
                await EnableAsync(here, enabled: false);
                return (await App.Machine.ClientCredentialsAsync(there.Http)).Error;
            },
            error => error == "invalid_client",
            "The client is refused");

        await KeysOf(here).RotateAsync(now: true, CancellationToken.None);
        await Eventually.BecomesAsync(() => App.PublishedKeysAsync(there.Http), published => published.Count == keys.Count + 2, "The new keys are published");
        foreach (var key in keys)
        {
            Assert.True(await KeysOf(here).RetireAsync(key, CancellationToken.None));
        }

        await Eventually.BecomesAsync(
            () => App.PublishedKeysAsync(there.Http), published => !published.Intersect(keys).Any(), "The retired keys are gone");
    }

    [Fact]
    public async Task A_command_is_heard_by_running_instances()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var installation = await Installation.CreateAsync();
        installation.Settings["ConnectionStrings:Redis"] = redis.ConnectionString;
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var there = await installation.StartAsync(time);
        await StandsStillOnceHealthyAsync(there, time);

        var result = await IdpProcess.RunAsync("keys rotate --now", installation.Settings);

        Assert.True(result.ExitCode == 0, result.Error);
        await Eventually.BecomesAsync(() => App.PublishedKeysAsync(there.Http), published => published.Count == 4, "The new keys are published");
    }

    /// <summary>
    /// The instance's clock goes along until Redis is reachable, since an attempt that was too slow is followed by another one. From then on it
    /// stands still, so that the instance never polls.
    /// </summary>
    private static Task<string?> StandsStillOnceHealthyAsync(TestHost host, FakeTimeProvider time) => Eventually.BecomesAsync(
        () =>
        {
            time.SetUtcNow(TimeProvider.System.GetUtcNow());
            return HealthAsync(host);
        },
        health => health == "healthy",
        "Redis is reachable");

    internal static async Task<string?> HealthAsync(TestHost host) =>
        (await Answer.ReadAsync(await host.Http.GetAsync("/health/ready"))).Json.GetProperty("checks").GetProperty("redis").GetProperty("status").GetString();

    private static SigningKeys KeysOf(TestHost host) => host.Services.GetRequiredService<SigningKeys>();

    private static async Task EnableAsync(TestHost host, bool enabled)
    {
        var store = host.Services.GetRequiredService<ICatalogStore>();
        var client = (await store.LoadAsync(CancellationToken.None)).Clients.Single(client => client.ClientId == "machine");
        await store.ApplyAsync(new CatalogContents { Clients = [client with { Enabled = enabled }] }, new CatalogRemovals(), CancellationToken.None);
    }

    private static async Task<TimeSpan> UntilAsync(Func<Task<bool>> condition, string what)
    {
        var started = TimeProvider.System.GetTimestamp();
        await Eventually.BecomesAsync(condition, it => it, what);
        return TimeProvider.System.GetElapsedTime(started);
    }
}
