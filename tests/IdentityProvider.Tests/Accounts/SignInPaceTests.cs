using System.Net;
using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Tests.Support;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using IdentityProvider.Protocol.Events;
using Xunit;

namespace IdentityProvider.Tests.Accounts;

/// <summary>What failures in a row cost, here and everywhere, and whom they spare.</summary>
public sealed class SignInPaceTests : IAsyncLifetime
{
    private const string Home = "203.0.113.7";

    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private readonly EventCapture _events = new();
    private TestHost _host = null!;

    public async Task InitializeAsync() => _host = await TestHost.StartAsync(options =>
    {
        options.Time = _time;
        options.Settings["ForwardedHeaders:KnownProxies:0"] = "127.0.0.1";
        options.Settings["RateLimits:SignInFailuresPerAccount"] = "1000";
        options.Settings["RateLimits:SignInFailuresPerAccountAndHour"] = "1000";
        options.Configure = builder => builder.Services.AddSingleton<IEventSink>(_events);
    });

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    [Trait("row", "R4")]
    public async Task Waits_grow_from_three_six_and_ten_failures_and_are_over_when_they_say()
    {
        for (var failures = 1; failures <= 11; failures++)
        {
            Assert.Equal(HttpStatusCode.OK, (await TryAsync("alice", "wrong")).Status);
            var wait = failures switch { < 3 => 0, < 6 => 5, < 10 => 30, _ => 300 };
            if (wait == 0)
            {
                continue;
            }

            var soon = await TryAsync("alice", "alice");
            Assert.Equal((HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(wait)), soon);
            _time.Advance(TimeSpan.FromSeconds(wait - 1));
            Assert.Equal((HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(1)), await TryAsync("alice", "alice"));
            _time.Advance(TimeSpan.FromSeconds(1));
        }
    }

    [Fact]
    [Trait("row", "R4")]
    public async Task An_hour_after_the_first_failure_nobody_waits_for_it()
    {
        await FailAsync("alice", 10);
        _time.Advance(TimeSpan.FromHours(1));

        await FailAsync("alice", 2, pause: default);
        Assert.Equal(HttpStatusCode.SeeOther, (await TryAsync("alice", "alice")).Status);
    }

    [Fact]
    [Trait("row", "R4")]
    public async Task The_right_password_forgets_the_wait()
    {
        await FailAsync("alice", 4);
        Assert.Equal(HttpStatusCode.SeeOther, (await TryAsync("alice", "alice")).Status);

        await FailAsync("alice", 2, pause: default);
        Assert.Equal(HttpStatusCode.SeeOther, (await TryAsync("alice", "alice")).Status);
    }

    [Fact]
    [Trait("row", "R2")]
    [Trait("row", "X14")]
    public async Task A_known_device_does_not_wait_for_what_others_have_done_but_has_guesses_of_its_own()
    {
        var known = NewBrowser();
        Assert.Equal(HttpStatusCode.SeeOther, (await TryAsync("alice", "alice", known)).Status);
        await FailAsync("alice", 6);

        Assert.Equal(HttpStatusCode.TooManyRequests, (await TryAsync("alice", "alice")).Status);
        Assert.Equal(HttpStatusCode.SeeOther, (await TryAsync("alice", "alice", known)).Status);

        await FailAsync("alice", 3, pause: default, browser: known);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await TryAsync("alice", "alice", known)).Status);
    }

    [Fact]
    [Trait("row", "X14")]
    public async Task A_known_device_of_one_account_is_none_of_another()
    {
        var known = NewBrowser();
        Assert.Equal(HttpStatusCode.SeeOther, (await TryAsync("alice", "alice", known)).Status);
        await FailAsync("bob", 6);

        Assert.Equal(HttpStatusCode.TooManyRequests, (await TryAsync("bob", "bob", known)).Status);
    }

    [Fact]
    [Trait("row", "X14")]
    public async Task After_ten_failures_a_device_is_known_no_more()
    {
        var known = NewBrowser();
        Assert.Equal(HttpStatusCode.SeeOther, (await TryAsync("alice", "alice", known)).Status);
        await FailAsync("alice", 10, TimeSpan.FromMinutes(5), known);
        await FailAsync("alice", 6);

        Assert.Equal(HttpStatusCode.TooManyRequests, (await TryAsync("alice", "alice", known)).Status);
    }

    [Fact]
    [Trait("row", "X14")]
    [Trait("row", "E3")]
    public async Task After_a_hundred_wrong_passwords_the_right_one_counts_at_known_devices_only_and_the_owner_is_told_once()
    {
        var known = NewBrowser();
        Assert.Equal(HttpStatusCode.SeeOther, (await TryAsync("alice", "alice", known)).Status);
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await TryAsync("alice", "wrong", NewBrowser($"10.0.{i}.1"))).Status);
        }

        Assert.Equal(HttpStatusCode.OK, (await TryAsync("alice", "alice", NewBrowser("10.1.0.1"))).Status);
        Assert.Equal(HttpStatusCode.OK, (await TryAsync("alice", "alice", NewBrowser("10.1.1.1"))).Status);
        await UntilAsync(() => _events.All.Any(it => it.Detail == "password, refused to unknown devices"));
        Assert.Single(_events.All, it => it is { Type: "suspicious_activity", Detail: "password refused to unknown devices", Alarming: true });
        using (var mailbox = await _host.Http.GetAsync("/dev/mailbox"))
        {
            var text = await mailbox.Content.ReadAsStringAsync();
            for (var i = 0; i < 100 && !text.Contains("Somebody is guessing", StringComparison.Ordinal) && !text.Contains("Many attempts", StringComparison.Ordinal); i++)
            {
                await Task.Delay(50);
                _time.Advance(TimeSpan.FromSeconds(1));
                using var again = await _host.Http.GetAsync("/dev/mailbox");
                text = await again.Content.ReadAsStringAsync();
            }

            Assert.Contains("Many attempts to sign in", text, StringComparison.Ordinal);
        }

        // Whoever proves at a known device who they are has opened it again.
        Assert.Equal(HttpStatusCode.SeeOther, (await TryAsync("alice", "alice", known)).Status);
        Assert.Equal(HttpStatusCode.SeeOther, (await TryAsync("alice", "alice", NewBrowser("10.1.2.1"))).Status);
    }

    [Fact]
    [Trait("row", "X14")]
    public async Task A_new_password_has_been_guessed_at_by_nobody()
    {
        for (var i = 0; i < 100; i++)
        {
            await TryAsync("alice", "wrong", NewBrowser($"10.0.{i}.1"));
        }

        Assert.Equal(HttpStatusCode.OK, (await TryAsync("alice", "alice", NewBrowser("10.1.0.1"))).Status);
        await using (var scope = _host.Services.CreateAsyncScope())
        {
            var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
            var alice = (await users.FindByNameAsync("alice"))!;
            Assert.NotNull(await scope.ServiceProvider.GetRequiredService<IAccountTransitions>()
                .ResetPasswordAsync(alice.Id, users.PasswordHasher.HashPassword(alice, "another pass phrase")));
        }

        Assert.Equal(HttpStatusCode.SeeOther, (await TryAsync("alice", "another pass phrase", NewBrowser("10.1.1.1"))).Status);
    }

    [Fact]
    [Trait("row", "E3")]
    public async Task A_limit_that_is_reached_is_an_alarm_once_for_each_window()
    {
        await using var host = await TestHost.StartAsync(options =>
        {
            options.Time = _time;
            options.Settings["ForwardedHeaders:KnownProxies:0"] = "127.0.0.1";
            options.Settings["RateLimits:SignInFailuresPerAccount"] = "2";
            options.Configure = builder => builder.Services.AddSingleton<IEventSink>(_events);
        });
        for (var i = 0; i < 5; i++)
        {
            await TryAsync("alice", "wrong", NewBrowser(Home, host));
        }

        await UntilAsync(() => _events.All.Any(it => it.Type == "suspicious_activity"));
        var alarm = Assert.Single(_events.All, it => it.Type == "suspicious_activity");
        Assert.True(alarm.Alarming);
        Assert.NotNull(alarm.SubjectId);
    }

    private HttpClient NewBrowser(string from = Home, TestHost? host = null)
    {
        var browser = (host ?? _host).NewClient();
        browser.DefaultRequestHeaders.Add("X-Forwarded-For", from);
        return browser;
    }

    private async Task<(HttpStatusCode Status, TimeSpan? Wait)> TryAsync(string username, string password, HttpClient? browser = null)
    {
        using var response = await (browser ?? NewBrowser()).PostFormAsync(
            "/account/login?switch=true", new() { ["username"] = username, ["password"] = password });
        return (response.StatusCode, response.Headers.RetryAfter?.Delta);
    }

    private async Task FailAsync(string username, int times, TimeSpan? pause = null, HttpClient? browser = null)
    {
        for (var i = 1; i <= times; i++)
        {
            Assert.Equal(HttpStatusCode.OK, (await TryAsync(username, "wrong", browser)).Status);
            if (i < times)
            {
                _time.Advance(pause ?? TimeSpan.FromSeconds(i switch { < 3 => 0, < 6 => 5, < 10 => 30, _ => 300 }));
            }
        }

        if (pause is null && times is > 3 and < 6)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
        }
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
