using System.Net;
using IdentityProvider.Storage.Tests.Redis;
using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

/// <summary>Two instances as processes of their own, on one PostgreSQL and one Redis, and a browser that a load balancer sends to either.</summary>
public sealed class InstancePair : IAsyncLifetime
{
    private readonly CookieContainer _cookies = new();
    private RedisServer _redis = null!;

    internal Installation Installation { get; private set; } = null!;

    internal IdpProcess First { get; private set; } = null!;

    internal IdpProcess Second { get; private set; } = null!;

    /// <summary>A browser in which alice is signed in, as the first instance meets it.</summary>
    internal HttpClient OnFirst { get; private set; } = null!;

    /// <summary>The same browser, as the second instance meets it.</summary>
    internal HttpClient OnSecond { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        _redis = await RedisServer.StartAsync();
        Installation = await Installation.CreateAsync();
        Installation.Settings["Seed:Path"] = Installation.Seed;
        Installation.Settings["ConnectionStrings:Redis"] = _redis.ConnectionString;
        var starts = new[] { IdpProcess.ServeAsync(Installation.Settings), IdpProcess.ServeAsync(Installation.Settings) };
        await Task.WhenAll(starts);
        (First, Second) = (await starts[0], await starts[1]);
        OnFirst = Browsers.New(First.Http.BaseAddress!, _cookies);
        OnSecond = Browsers.New(Second.Http.BaseAddress!, _cookies);
        await OnFirst.SignInAsync();
    }

    public async Task DisposeAsync()
    {
        OnFirst.Dispose();
        OnSecond.Dispose();
        await First.DisposeAsync();
        await Second.DisposeAsync();
        await Installation.DisposeAsync();
        await _redis.DisposeAsync();
    }

    /// <summary>So many requests at once, every other one to each instance.</summary>
    internal async Task<IReadOnlyList<Answer>> AtOnceAsync(int count, Func<HttpClient, Task<Answer>> request)
    {
        var start = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var requests = Enumerable.Range(0, count).Select(async i =>
        {
            await start.Task;
            return await request(i % 2 == 0 ? First.Http : Second.Http);
        }).ToList();
        start.SetResult();
        return await Task.WhenAll(requests);
    }
}
