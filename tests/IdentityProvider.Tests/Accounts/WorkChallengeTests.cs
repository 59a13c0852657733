using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using AngleSharp.Html.Dom;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace IdentityProvider.Tests.Accounts;

/// <summary>The work that a browser has to do before an attempt under suspicion is checked. Here the limit of an account is one failure.</summary>
public sealed class WorkChallengeTests : IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private TestHost _host = null!;
    private int _networks;

    public async Task InitializeAsync() => _host = await TestHost.StartAsync(options =>
    {
        options.Time = _time;
        options.Settings["ForwardedHeaders:KnownProxies:0"] = "127.0.0.1";
        options.Settings["RateLimits:SignInFailuresPerAccountAndHour"] = "1";
    });

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    [Trait("row", "R7")]
    [Trait("row", "R6")]
    public async Task Beyond_the_limit_the_right_password_is_checked_only_with_work()
    {
        await FailAsync("alice");
        var browser = NewBrowser();
        var asked = await PostAsync(browser, "alice", "alice");
        Assert.Equal(HttpStatusCode.TooManyRequests, asked.Status);
        Assert.Equal(TimeSpan.FromSeconds(30), asked.RetryAfter);
        Assert.Equal("alice", ((IHtmlInputElement)asked.Page!.GetElementById("username")!).Value);

        Assert.Equal(HttpStatusCode.SeeOther, (await PostAsync(browser, "alice", "alice", asked, Solve(asked))).Status);
    }

    [Fact]
    [Trait("row", "R7")]
    public async Task A_name_that_nobody_has_is_asked_in_the_same_way()
    {
        await FailAsync("nobody");

        Assert.Equal(HttpStatusCode.TooManyRequests, (await PostAsync(NewBrowser(), "nobody", "nobody")).Status);
    }

    [Fact]
    [Trait("row", "R7")]
    public async Task Work_counts_once()
    {
        await FailAsync("alice");
        var browser = NewBrowser();
        var asked = await PostAsync(browser, "alice", "alice");
        var answer = Solve(asked);

        Assert.Equal(HttpStatusCode.OK, (await PostAsync(browser, "alice", "wrong", asked, answer)).Status);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await PostAsync(browser, "alice", "alice", asked, answer)).Status);
    }

    [Fact]
    [Trait("row", "R7")]
    public async Task A_wrong_password_after_work_comes_back_with_the_next_work()
    {
        await FailAsync("alice");
        var browser = NewBrowser();
        var asked = await PostAsync(browser, "alice", "alice");

        var refused = await PostAsync(browser, "alice", "wrong", asked, Solve(asked));
        Assert.Equal(HttpStatusCode.OK, refused.Status);
        Assert.Equal(HttpStatusCode.SeeOther, (await PostAsync(browser, "alice", "alice", refused, Solve(refused))).Status);
    }

    [Fact]
    [Trait("row", "R7")]
    public async Task Work_for_another_name_or_of_another_browser_or_too_little_or_too_old_counts_nothing()
    {
        await FailAsync("alice");
        await FailAsync("bob");
        var browser = NewBrowser();
        var asked = await PostAsync(browser, "alice", "alice");
        var answer = Solve(asked);

        Assert.Equal(HttpStatusCode.TooManyRequests, (await PostAsync(browser, "bob", "bob", asked, answer)).Status);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await PostAsync(NewBrowser(), "alice", "alice", asked, answer)).Status);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await PostAsync(browser, "alice", "alice", asked, Solve(asked, solved: false))).Status);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await PostAsync(browser, "alice", "alice", asked, new string('1', 5000))).Status);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await PostAsync(browser, "alice", "alice", asked with { Ticket = "x" + asked.Ticket }, answer)).Status);

        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(HttpStatusCode.TooManyRequests, (await PostAsync(browser, "alice", "alice", asked, answer)).Status);
    }

    [Fact]
    [Trait("row", "R7")]
    public async Task Nothing_of_that_has_used_the_work_up()
    {
        await FailAsync("alice");
        var browser = NewBrowser();
        var asked = await PostAsync(browser, "alice", "alice");
        Assert.Equal(HttpStatusCode.TooManyRequests, (await PostAsync(browser, "alice", "alice", asked, Solve(asked, solved: false))).Status);

        Assert.Equal(HttpStatusCode.SeeOther, (await PostAsync(browser, "alice", "alice", asked, Solve(asked))).Status);
    }

    [Fact]
    [Trait("row", "R7")]
    public async Task Work_buys_no_further_guess()
    {
        await FailAsync("alice");
        var browser = NewBrowser();
        var answer = await PostAsync(browser, "alice", "wrong");
        for (var guess = 1; guess <= 5; guess++)
        {
            answer = await PostAsync(browser, "alice", "wrong", answer, Solve(answer));
            Assert.Equal(HttpStatusCode.OK, answer.Status);
            _time.Advance(TimeSpan.FromSeconds(5));
        }

        var throttled = await PostAsync(browser, "alice", "alice", answer, Solve(answer));
        Assert.Equal(HttpStatusCode.TooManyRequests, throttled.Status);
        Assert.Null(throttled.Ticket);
    }

    [Fact]
    [Trait("row", "R7")]
    [Trait("row", "R2")]
    public async Task A_known_device_is_not_asked()
    {
        var known = NewBrowser();
        Assert.Equal(HttpStatusCode.SeeOther, (await PostAsync(known, "alice", "alice")).Status);
        await FailAsync("alice");
        await FailAsync("alice", asked: true);

        Assert.Equal(HttpStatusCode.SeeOther, (await PostAsync(known, "alice", "alice")).Status);
    }

    [Fact]
    [Trait("row", "R7")]
    public async Task A_network_with_many_failures_is_asked_too()
    {
        await using var host = await TestHost.StartAsync(options =>
        {
            options.Time = _time;
            options.Settings["RateLimits:SuspiciousFailuresPerNetwork"] = "1";
        });
        using var failed = await host.NewClient().PostFormAsync("/account/login", new() { ["username"] = "somebody", ["password"] = "wrong" });

        using var asked = await host.NewClient().PostFormAsync("/account/login", new() { ["username"] = "alice", ["password"] = "alice" });

        Assert.Equal(HttpStatusCode.TooManyRequests, asked.StatusCode);
        Assert.NotNull((await asked.ReadHtmlAsync()).QuerySelector("input[data-puzzle]"));
    }

    [Fact]
    [Trait("row", "R7")]
    public async Task Without_scripts_waiting_does_too_but_not_earlier()
    {
        await FailAsync("alice");
        var browser = NewBrowser();
        var asked = await PostAsync(browser, "alice", "alice");
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.Equal(HttpStatusCode.TooManyRequests, (await PostAsync(browser, "alice", "alice", asked, "")).Status);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(HttpStatusCode.SeeOther, (await PostAsync(browser, "alice", "alice", asked, "")).Status);
    }

    [Fact]
    [Trait("row", "R7")]
    public async Task Of_one_address_three_wait_at_a_time()
    {
        await FailAsync("alice");
        var hints = new List<Asked>();
        for (var i = 0; i < 4; i++)
        {
            hints.Add(await PostAsync(NewBrowser("203.0.113.7"), "alice", "alice"));
        }

        Assert.All(hints.Take(3), asked => Assert.Contains("30 seconds", asked.Page!.GetElementById("work-hint")!.TextContent, StringComparison.Ordinal));
        Assert.DoesNotContain("30 seconds", hints[3].Page!.GetElementById("work-hint")!.TextContent, StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.Equal(HttpStatusCode.TooManyRequests, (await PostAsync(hints[3].Browser, "alice", "alice", hints[3], "")).Status);
        Assert.Equal(HttpStatusCode.SeeOther, (await PostAsync(hints[2].Browser, "alice", "alice", hints[2], "")).Status);
    }

    /// <summary>From a network of its own each, so that only the account is under suspicion.</summary>
    private HttpClient NewBrowser(string? from = null)
    {
        var browser = _host.NewClient();
        browser.DefaultRequestHeaders.Add("X-Forwarded-For", from ?? $"10.0.{++_networks}.1");
        return browser;
    }

    private async Task FailAsync(string username, bool asked = false) =>
        Assert.Equal(asked ? HttpStatusCode.TooManyRequests : HttpStatusCode.OK, (await PostAsync(NewBrowser(), username, "wrong")).Status);

    private static async Task<Asked> PostAsync(HttpClient browser, string username, string password, Asked? asked = null, string? answer = null)
    {
        var fields = new Dictionary<string, string> { ["username"] = username, ["password"] = password };
        if (asked is not null)
        {
            (fields["work"], fields["proof"]) = (asked.Ticket ?? "", answer ?? "");
        }

        using var response = await browser.PostFormAsync("/account/login?switch=true", fields);
        var page = response.StatusCode == HttpStatusCode.SeeOther ? null : await response.ReadHtmlAsync();
        var puzzle = page?.QuerySelector("input[data-puzzle]");
        return new Asked(
            browser,
            response.StatusCode,
            response.Headers.RetryAfter?.Delta,
            page,
            page?.QuerySelector("input[name=work]")?.GetAttribute("value"),
            puzzle?.GetAttribute("data-puzzle"),
            int.Parse(puzzle?.GetAttribute("data-bits") ?? "0", CultureInfo.InvariantCulture));
    }

    /// <summary>As a browser does it, or else what it would not take for an answer.</summary>
    private static string Solve(Asked asked, bool solved = true)
    {
        for (var number = 0; ; number++)
        {
            var hash = SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{asked.Puzzle}:{number}")));
            var zeros = Convert.ToString(BitConverter.ToInt32([hash[3], hash[2], hash[1], hash[0]]), 2).PadLeft(32, '0').IndexOf('1', StringComparison.Ordinal);
            if ((zeros >= asked.Bits || zeros < 0) == solved)
            {
                return number.ToString(CultureInfo.InvariantCulture);
            }
        }
    }

    private sealed record Asked(
        HttpClient Browser, HttpStatusCode Status, TimeSpan? RetryAfter, IHtmlDocument? Page, string? Ticket, string? Puzzle, int Bits);
}
