using System.Net;
using IdentityProvider.Accounts.Passwords;
using IdentityProvider.Accounts.SignIn;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Tests.Support;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace IdentityProvider.Tests.Accounts;

/// <summary>Memory-hard hashing cannot starve the rest.</summary>
public sealed class PasswordOverloadTests : IAsyncLifetime
{
    private readonly Provider _provider = new();

    public Task InitializeAsync() => _provider.StartAsync(options =>
    {
        options.Settings["RateLimits:Enabled"] = "false";
        options.Settings["Argon2:MaxConcurrency"] = "1";
        options.Settings["Argon2:MaxQueue"] = "1";
        options.Settings["Argon2:MaxQueuePerNetwork"] = "5";
        options.Configure = CountingPasswordHasher.Install;
    });

    public Task DisposeAsync() => _provider.DisposeAsync();

    [Fact]
    [Trait("row", "P1")]
    public async Task Beyond_the_queue_a_sign_in_is_503_with_Retry_After_while_the_token_endpoint_answers()
    {
        var hasher = _provider.Host.Services.GetRequiredService<CountingPasswordHasher>();
        var browsers = Enumerable.Range(0, 5).Select(_ => _provider.NewBrowser()).ToArray();
        var pages = await Task.WhenAll(browsers.Select(browser => browser.GetAsync("/account/login")));
        hasher.Gate.Reset();

        // One runs and one waits, whichever of the others it is; the rest are refused.
        var running = browsers[0].SignInAsync(pages[0]);
        await UntilAsync(() => hasher.Verified.Count == 1);
        var others = browsers.Skip(1).Zip(pages.Skip(1), (browser, page) => browser.SignInAsync(page)).ToArray();
        await UntilAsync(() => others.Count(task => task.IsCompleted) == others.Length - 1);

        foreach (var refused in await Task.WhenAll(others.Where(task => task.IsCompleted)))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.Status);
            Assert.Equal("5", refused.Header("Retry-After"));
            Assert.True(refused.IsSignIn && refused.Has("sign-in-problem"));
            Assert.Equal("alice", refused.Document.GetElementById("username")?.GetAttribute("value"));
        }

        (await _provider.Client("machine").ClientCredentialsAsync("api.read")).Succeeds();
        var waiting = Assert.Single(others, task => !task.IsCompleted);
        Assert.False(running.IsCompleted);

        hasher.Gate.Set();
        Assert.Equal("/account", (await running).Url.AbsolutePath);
        Assert.Equal("/account", (await waiting).Url.AbsolutePath);
        Assert.Equal(1, hasher.MostAtATime);
    }

    [Fact]
    [Trait("row", "R2")]
    public async Task A_network_that_floods_the_queue_takes_its_share_and_not_the_place_of_others()
    {
        await using var host = await TestHost.StartAsync(options =>
        {
            options.Settings["Argon2:MaxConcurrency"] = "1";
            options.Settings["Argon2:MaxQueue"] = "8";
            options.Settings["ForwardedHeaders:KnownProxies:0"] = "127.0.0.1";
            options.Configure = CountingPasswordHasher.Install;
        });
        var hasher = host.Services.GetRequiredService<CountingPasswordHasher>();
        hasher.Gate.Reset();

        // A quarter of eight. Whoever comes from there beyond it is refused at once, and the queue is free for others.
        var flood = Enumerable.Range(0, 20).Select(number => SignInAsync(host, "203.0.113.7", $"nobody{number}")).ToArray();
        await UntilAsync(() => flood.Count(task => task.IsCompleted) == flood.Length - 2);
        foreach (var refused in flood.Where(task => task.IsCompleted))
        {
            using var response = await refused;
            Assert.Equal((HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(5)), (response.StatusCode, response.Headers.RetryAfter?.Delta));
        }

        var other = SignInAsync(host, "198.51.100.9", "alice");
        await Task.Delay(200);
        Assert.False(other.IsCompleted);

        hasher.Gate.Set();
        using var answer = await other;
        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);

        // The share is given back.
        await Task.WhenAll(flood);
        using var again = await SignInAsync(host, "203.0.113.7", "bob");
        Assert.Equal(HttpStatusCode.SeeOther, again.StatusCode);
    }

    [Fact]
    [Trait("row", "R2")]
    public async Task New_passwords_take_the_share_of_their_network_too()
    {
        using var gate = new ManualResetEventSlim();
        using var hashing = new PasswordHashing(new HeldHasher(gate), Options.Create(new Argon2Options { MaxConcurrency = 1, MaxQueue = 8 }));

        var flood = Enumerable.Range(0, 20).Select(_ => hashing.HashAsync("new", "203.0.113.7")).ToArray();
        var other = hashing.HashAsync("new", "198.51.100.9");

        Assert.Equal(18, flood.Count(task => task.IsFaulted && task.Exception!.InnerException is OverloadedException));
        Assert.False(other.IsCompleted);
        gate.Set();
        Assert.Equal("hash", await other);
    }

    private static async Task<HttpResponseMessage> SignInAsync(TestHost host, string from, string username)
    {
        var browser = host.NewClient();
        browser.DefaultRequestHeaders.Add("X-Forwarded-For", from);
        return await browser.PostFormAsync("/account/login", new() { ["username"] = username, ["password"] = username });
    }

    private sealed class HeldHasher(ManualResetEventSlim gate) : IPasswordHasher<User>
    {
        public string HashPassword(User user, string password)
        {
            if (password == "new")
            {
                gate.Wait();
            }

            return "hash";
        }

        public PasswordVerificationResult VerifyHashedPassword(User user, string hashedPassword, string providedPassword) => PasswordVerificationResult.Failed;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        for (var i = 0; i < 3000 && !condition(); i++)
        {
            await Task.Delay(10);
        }

        Assert.True(condition());
    }
}
