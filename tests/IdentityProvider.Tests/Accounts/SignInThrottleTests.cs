using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using AngleSharp.Html.Dom;
using IdentityProvider.Accounts.Throttling;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Tests.Support;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace IdentityProvider.Tests.Accounts;

/// <summary>Limits of failed sign-ins. The host believes a proxy on loopback, so that tests come from anywhere.</summary>
public sealed class SignInThrottleTests : IAsyncLifetime
{
    private const string Home = "203.0.113.7";
    private const string Elsewhere = "198.51.100.9";
    private const int PerAccount = 5;

    private static readonly TimeSpan _window = TimeSpan.FromMinutes(15);

    /// <summary>What fewer than six failures in a row make one wait.</summary>
    private static readonly TimeSpan _longestWait = TimeSpan.FromSeconds(5);

    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private TestHost _host = null!;

    public async Task InitializeAsync() => _host = await StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    [Trait("row", "R1")]
    [Trait("row", "R6")]
    public async Task After_five_failures_even_the_right_password_is_429_with_Retry_After_and_a_page_that_keeps_the_name()
    {
        await FailAsync(Home, "alice", PerAccount);

        using var response = await SignInAsync(Home, "alice", "alice");

        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        Assert.InRange(response.Headers.RetryAfter!.Delta!.Value, _window - TimeSpan.FromMinutes(1), _window);
        var page = await response.ReadHtmlAsync();
        Assert.Contains("15 minutes", page.QuerySelector("#sign-in-problem")!.TextContent, StringComparison.Ordinal);
        Assert.Equal("alice", ((IHtmlInputElement)page.GetElementById("username")!).Value);
        Assert.False(response.Headers.Contains("Set-Cookie") && response.Headers.GetValues("Set-Cookie").Any(cookie => cookie.Contains("session", StringComparison.Ordinal)));
    }

    [Fact]
    [Trait("row", "R1")]
    public async Task Nobody_locks_somebody_else_out()
    {
        await FailAsync(Elsewhere, "alice", PerAccount);
        await IsThrottledAsync(Elsewhere, "alice");

        await SucceedsAsync(Home, "alice");
        await SucceedsAsync(Elsewhere, "bob");
    }

    [Fact]
    [Trait("row", "R1")]
    public async Task The_right_password_forgets_the_failures_before_it()
    {
        for (var round = 0; round < 3; round++)
        {
            await FailAsync(Home, "alice", PerAccount - 1);
            await SucceedsAsync(Home, "alice");
        }
    }

    [Fact]
    [Trait("row", "R1")]
    public async Task A_name_that_does_not_exist_is_limited_in_the_same_way()
    {
        await FailAsync(Home, "nobody-of-that-name", PerAccount);

        await FailAsync(Home, "alice", PerAccount);
        Assert.Equal(await ThrottledTextAsync(Home, "alice"), await ThrottledTextAsync(Home, "nobody-of-that-name"));
    }

    [Fact]
    [Trait("row", "R1")]
    public async Task Letter_case_and_blanks_make_no_other_account()
    {
        await FailAsync(Home, "alice", 2);
        await FailAsync(Home, "ALICE", 2);
        await FailAsync(Home, "Alice", 1);

        await IsThrottledAsync(Home, "aLiCe");
        await IsThrottledAsync(Home, " alice ");
    }

    [Fact]
    [Trait("row", "R1")]
    public async Task Other_code_points_of_the_same_letter_make_no_other_account()
    {
        // U+212A is the sign of the kelvin.
        await FailAsync(Home, "kate", 3);
        await FailAsync(Home, "\u212Aate", 2);

        await IsThrottledAsync(Home, "kate");
        await IsThrottledAsync(Home, "\u212Aate");
    }

    [Fact]
    [Trait("row", "R1")]
    public async Task A_failure_of_the_check_is_none_of_the_hundred_in_a_row()
    {
        await using var host = await StartAsync(install: true);
        await using var scope = host.Services.CreateAsyncScope();
        var alice = (await scope.ServiceProvider.GetRequiredService<UserManager<User>>().FindByNameAsync("alice"))!;
        for (var i = 0; i < 99; i++)
        {
            await host.Services.GetRequiredService<IPasswordFailures>().RaiseAsync(alice.Id);
        }

        host.Services.GetRequiredService<CountingPasswordHasher>().Broken = true;
        using (var failed = await SignInAsync(Home, "alice", "alice", host))
        {
            Assert.Equal(HttpStatusCode.InternalServerError, failed.StatusCode);
        }

        host.Services.GetRequiredService<CountingPasswordHasher>().Broken = false;
        await SucceedsAsync(Home, "alice", host);
    }

    [Fact]
    [Trait("row", "R1")]
    public async Task A_closed_network_makes_no_counters_of_the_names_that_it_sends()
    {
        var raised = new ConcurrentQueue<string>();
        await using var host = await TestHost.StartAsync(options =>
        {
            options.Time = _time;
            options.Settings["ForwardedHeaders:KnownProxies:0"] = "127.0.0.1";
            options.Settings["RateLimits:SignInFailuresPerNetwork"] = "2";
            options.Configure = builder => Intercepted<ICounters>.Install(builder, (_, method, arguments) =>
            {
                if (method == nameof(ICounters.RaiseAsync))
                {
                    raised.Enqueue((string)arguments[0]!);
                }
            });
        });
        await FailAsync(Home, "alice", 1, host);
        await FailAsync(Home, "bob", 1, host);
        raised.Clear();

        await IsThrottledAsync(Home, "one", host);
        await IsThrottledAsync(Home, "two", host);

        Assert.Single(raised.Distinct());
    }

    [Fact]
    [Trait("row", "R1")]
    public async Task When_the_window_has_passed_the_account_is_open_again_however_often_it_was_tried_meanwhile()
    {
        await FailAsync(Home, "alice", PerAccount);
        for (var i = 0; i < 3; i++)
        {
            _time.Advance(_window / 4);
            await IsThrottledAsync(Home, "alice");
        }

        _time.Advance(_window / 4);
        await SucceedsAsync(Home, "alice");
    }

    [Theory]
    [Trait("row", "R1")]
    [InlineData(Home, Home, true)]
    [InlineData(Home, "203.0.113.8", false)]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2:ffff::1", true)]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:3:3:4:5:6", false)]
    [InlineData("::ffff:203.0.113.7", Home, true)]
    public async Task An_account_is_limited_at_an_IPv4_address_or_an_IPv6_slash_64(string first, string second, bool same)
    {
        await FailAsync(first, "alice", PerAccount);

        using var response = await SignInAsync(second, "alice", "alice");

        Assert.Equal(same ? HttpStatusCode.TooManyRequests : HttpStatusCode.SeeOther, response.StatusCode);
    }

    [Fact]
    [Trait("row", "R1")]
    public async Task A_network_has_a_limit_over_all_accounts_that_right_passwords_and_throttled_attempts_do_not_use_up()
    {
        await using var host = await StartAsync(("RateLimits:SignInFailuresPerNetwork", "8"));
        for (var i = 0; i < 10; i++)
        {
            await SucceedsAsync(Home, "bob", host);
        }

        await FailAsync(Home, "alice", PerAccount, host);
        for (var i = 0; i < 10; i++)
        {
            await IsThrottledAsync(Home, "alice", host);
        }

        await FailAsync(Home, "bob", 3, host);
        await IsThrottledAsync(Home, "carol", host);
        await IsThrottledAsync(Home, "bob", host);
        await SucceedsAsync(Elsewhere, "bob", host);
    }

    [Fact]
    [Trait("row", "R1")]
    public async Task A_known_device_is_free_of_the_limit_of_its_account_and_never_of_its_network()
    {
        await using var host = await StartAsync(("RateLimits:SignInFailuresPerNetwork", "8"));
        using var device = host.NewClient();
        device.DefaultRequestHeaders.Add("X-Forwarded-For", Home);
        Assert.Equal(HttpStatusCode.SeeOther, await AtDeviceAsync());

        await FailAsync(Home, "alice", PerAccount, host);
        await IsThrottledAsync(Home, "alice", host);
        Assert.Equal(HttpStatusCode.SeeOther, await AtDeviceAsync());

        await FailAsync(Home, "bob", 3, host);
        Assert.Equal(HttpStatusCode.TooManyRequests, await AtDeviceAsync());

        async Task<HttpStatusCode> AtDeviceAsync()
        {
            using var response = await device.PostFormAsync("/account/login?switch=true", new() { ["username"] = "alice", ["password"] = "alice" });
            Assert.DoesNotContain("stale", response.Headers.Location?.ToString() ?? "", StringComparison.Ordinal);
            return response.StatusCode;
        }
    }

    [Theory]
    [Trait("row", "R3")]
    [InlineData("/account/forgot-password")]
    [InlineData("/account/email-code")]
    public async Task A_network_asks_for_so_many_mails_and_is_then_told_to_wait(string path)
    {
        await using var host = await StartAsync(("RateLimits:ResetsPerNetwork", "2"), ("Accounts:EmailCodeSignIn", "true"));
        for (var i = 0; i < 2; i++)
        {
            Assert.NotEqual(HttpStatusCode.TooManyRequests, (await AskAsync(Home, i)).StatusCode);
        }

        using var refused = await AskAsync(Home, 2);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromMinutes(1), TimeSpan.FromHours(1));
        Assert.NotEqual(HttpStatusCode.TooManyRequests, (await AskAsync(Elsewhere, 3)).StatusCode);

        Task<HttpResponseMessage> AskAsync(string from, int number)
        {
            var browser = host.NewClient();
            browser.DefaultRequestHeaders.Add("X-Forwarded-For", from);
            return browser.PostFormAsync(path, new() { ["email"] = $"somebody{number}@example.com" });
        }
    }

    [Fact]
    [Trait("row", "R1")]
    public async Task Of_many_guesses_at_once_no_more_are_checked_than_one_after_the_other()
    {
        await using var host = await StartAsync(install: true);
        var forms = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => OpenAsync(host)));

        var answers = await Task.WhenAll(forms.Select(form => GuessAsync(form)));

        // The third one closes the gate behind it.
        Assert.Equal(3, answers.Count(status => status == HttpStatusCode.OK));
        Assert.Equal(20 - 3, answers.Count(status => status == HttpStatusCode.TooManyRequests));
        Assert.Equal(3, host.Services.GetRequiredService<CountingPasswordHasher>().Verified.Count);
    }

    [Fact]
    [Trait("row", "R1")]
    public async Task An_attempt_that_was_not_checked_is_nobodys_failure()
    {
        await using var host = await StartAsync(install: true, ("Argon2:MaxConcurrency", "1"), ("Argon2:MaxQueue", "1"), ("Argon2:MaxQueuePerNetwork", "5"));
        var hasher = host.Services.GetRequiredService<CountingPasswordHasher>();
        hasher.Gate.Reset();

        // One is checked and one waits; the third is told so, and from then on the queue is full.
        var running = SignInAsync(Home, "bob", "bob", host);
        await UntilAsync(() => hasher.Verified.Count == 1);
        Task<HttpResponseMessage>[] others = [SignInAsync(Home, "bob", "bob", host), SignInAsync(Home, "bob", "bob", host)];
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await await Task.WhenAny(others)).StatusCode);
        for (var i = 0; i < 2 * PerAccount; i++)
        {
            using var busy = await SignInAsync(Elsewhere, "alice", "wrong", host);
            Assert.Equal(HttpStatusCode.ServiceUnavailable, busy.StatusCode);
        }

        hasher.Gate.Set();
        await Task.WhenAll([running, .. others]);
        await SucceedsAsync(Elsewhere, "alice", host);
    }

    [Theory]
    [Trait("row", "R1")]
    [Trait("row", "X14")]
    [InlineData("203.0.113.7", "203.0.113.200", true)]
    [InlineData("203.0.113.7", "203.0.114.7", false)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2:ffff::1", true)]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:3::1", false)]
    public async Task A_network_is_an_IPv4_slash_24_or_an_IPv6_slash_64(string first, string second, bool same)
    {
        await using var host = await StartAsync(("RateLimits:SignInFailuresPerNetwork", "2"));
        await FailAsync(first, "alice", 1, host);
        await FailAsync(first, "bob", 1, host);

        using var response = await SignInAsync(second, "alice", "alice", host);

        Assert.Equal(same ? HttpStatusCode.TooManyRequests : HttpStatusCode.SeeOther, response.StatusCode);
    }

    [Fact]
    [Trait("row", "R1")]
    public async Task Switched_off_there_is_no_limit()
    {
        await using var host = await StartAsync(("RateLimits:Enabled", "false"));

        await FailAsync(Home, "alice", 3 * PerAccount, host);
        await SucceedsAsync(Home, "alice", host);
    }

    private Task<TestHost> StartAsync(params (string Key, string Value)[] settings) => StartAsync(install: false, settings);

    private Task<TestHost> StartAsync(bool install, params (string Key, string Value)[] settings) => TestHost.StartAsync(options =>
    {
        options.Time = _time;
        options.Settings["ForwardedHeaders:KnownProxies:0"] = "127.0.0.1";
        options.Settings["RateLimits:SignInFailuresPerAccountAndHour"] = "1000";
        options.Settings["RateLimits:SuspiciousFailuresPerNetwork"] = "1000";
        options.Configure = install ? CountingPasswordHasher.Install : null;
        foreach (var (key, value) in settings)
        {
            options.Settings[key] = value;
        }
    });

    private async Task<HttpResponseMessage> SignInAsync(string from, string username, string password, TestHost? host = null)
    {
        var browser = (host ?? _host).NewClient();
        browser.DefaultRequestHeaders.Add("X-Forwarded-For", from);
        return await browser.PostFormAsync("/account/login", new() { ["username"] = username, ["password"] = password });
    }

    private async Task FailAsync(string from, string username, int times, TestHost? host = null)
    {
        for (var i = 0; i < times; i++)
        {
            using var response = await SignInAsync(from, username, "wrong", host);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            _time.Advance(_longestWait);
        }
    }

    private async Task SucceedsAsync(string from, string username, TestHost? host = null)
    {
        using var response = await SignInAsync(from, username, username, host);
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
    }

    private async Task IsThrottledAsync(string from, string username, TestHost? host = null)
    {
        using var response = await SignInAsync(from, username, username.Trim().ToLower(CultureInfo.InvariantCulture), host);
        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
    }

    private async Task<string> ThrottledTextAsync(string from, string username)
    {
        using var response = await SignInAsync(from, username, "wrong");
        Assert.Equal(HttpStatusCode.TooManyRequests, response.StatusCode);
        return (await response.ReadHtmlAsync()).QuerySelector("#sign-in-problem")!.TextContent;
    }

    private static async Task<(HttpClient Browser, string Token)> OpenAsync(TestHost host)
    {
        var browser = host.NewClient();
        using var page = await browser.GetAsync("/account/login");
        return (browser, (await page.ReadHtmlAsync()).QuerySelector("input[name=__RequestVerificationToken]")!.GetAttribute("value")!);
    }

    private static async Task<HttpStatusCode> GuessAsync((HttpClient Browser, string Token) form)
    {
        using var response = await form.Browser.PostAsync(
            "/account/login", ("username", "alice"), ("password", "wrong"), ("__RequestVerificationToken", form.Token));
        return response.StatusCode;
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
