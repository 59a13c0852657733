using System.Data.Common;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace IdentityProvider.Tests.Accounts;

/// <summary>What is kept of sign-ins, in the table itself.</summary>
public sealed class AccountEventTests : IAsyncLifetime
{
    private const string Alice = "5d2f0c8e-7a54-4c1d-9b3e-1f6a2b9c0a11";

    private readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());
    private TestHost _host = null!;

    public async Task InitializeAsync() => _host = await TestHost.StartAsync(options =>
    {
        options.Time = _time;
        options.Settings["Serilog:MinimumLevel:Default"] = "Fatal";
        options.Settings["ForwardedHeaders:KnownProxies:0"] = "127.0.0.1";
    });

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    [Trait("row", "E1")]
    [Trait("row", "X17")]
    public async Task Sign_ins_and_sign_outs_are_kept_whatever_the_log_level_with_who_and_from_where()
    {
        var browser = NewBrowser();
        await SignInAsync(browser, "alice", "alice");
        await SignInAsync(browser, "alice", "alice", "?switch=true");
        using var bye = await browser.PostFormAsync("/account/logout", []);

        var events = await ReadAsync(3);

        Assert.Equal(["login_success", "login_renewed", "logout"], events.Select(it => it.Type));
        Assert.All(events, it => Assert.Equal(Alice, it.Subject, ignoreCase: true));
        Assert.Single(events.Select(it => it.Session).Distinct());
        Assert.All(events, it => Assert.Equal(("203.0.113.7", "203.0.113.0/24"), (it.Address, it.Network)));
        Assert.Equal("acr 1, pwd", events[0].Detail);
        Assert.DoesNotContain(_host.Log.Lines, line => line.Contains("Security event", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("row", "E1")]
    public async Task Failures_name_the_account_or_else_a_hash_that_is_the_same_for_the_same_name_and_nothing_that_was_typed()
    {
        await SignInAsync(NewBrowser(), "alice", "wrong");
        await SignInAsync(NewBrowser(), "nobody@example.com", "wrong");
        await SignInAsync(NewBrowser(), " NOBODY@example.com", "wrong");
        await SignInAsync(NewBrowser(), "somebody@example.com", "wrong");

        var events = await ReadAsync(4);

        Assert.All(events, it => Assert.Equal(("login_failure", "password"), (it.Type, it.Detail)));
        Assert.Equal((Alice, ""), (events[0].Subject.ToLowerInvariant(), events[0].Identifier));
        Assert.All(events.Skip(1), it => Assert.Equal("", it.Subject));
        Assert.Matches("^[0-9a-f]{32}$", events[1].Identifier);
        Assert.Equal(events[1].Identifier, events[2].Identifier);
        Assert.NotEqual(events[1].Identifier, events[3].Identifier);
    }

    [Fact]
    [Trait("row", "E1")]
    public async Task Second_factors_that_are_set_up_wrong_and_right_are_kept()
    {
        var browser = NewBrowser();
        await SignInAsync(browser, "bob", "bob");
        var app = await EnableAsync(browser);

        var other = NewBrowser();
        await SignInAsync(other, "bob", "bob");
        using var wrong = await other.PostFormAsync("/account/two-factor", new() { ["code"] = app.WrongCode });
        using var right = await other.PostFormAsync("/account/two-factor", new() { ["code"] = app.Code });

        var events = await ReadAsync(7);

        Assert.Equal(
            ["login_success", "mfa_enabled", "mfa_recovery_codes_created", "login_renewed", "mfa_failure", "login_success", "mfa_success"],
            events.Select(it => it.Type));
        Assert.Equal(["app", "app"], events.Where(it => it.Type is "mfa_failure" or "mfa_success").Select(it => it.Detail));
    }

    [Fact]
    [Trait("row", "E5")]
    public async Task Failures_are_measured_by_type()
    {
        var types = new List<string?>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, listening) =>
        {
            if (instrument.Name == "idp.security_events")
            {
                listening.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            lock (types)
            {
                types.Add(tags.ToArray().Single(tag => tag.Key == "type").Value as string);
            }
        });
        listener.Start();

        await SignInAsync(NewBrowser(), "alice", "wrong");

        lock (types)
        {
            Assert.Contains("login_failure", types);
        }
    }

    private HttpClient NewBrowser()
    {
        var browser = _host.NewClient();
        browser.DefaultRequestHeaders.Add("X-Forwarded-For", "203.0.113.7");
        return browser;
    }

    private async Task<AuthenticatorApp> EnableAsync(HttpClient browser)
    {
        using var page = await browser.GetAsync("/account/security/authenticator");
        var document = await page.ReadHtmlAsync();
        var app = AuthenticatorApp.Of(document.GetElementById("totp-secret")!.TextContent, _time);
        var form = document.GetElementById("code-submit")!.Closest("form")!;
        var fields = form.QuerySelectorAll("input[type=hidden]").Select(input => (input.GetAttribute("name")!, input.GetAttribute("value") ?? ""));
        using var done = await browser.PostAsync("/account/security/authenticator", [.. fields, ("code", app.CodeOf(-1))]);
        Assert.True(done.IsSuccessStatusCode);
        return app;
    }

    private static async Task SignInAsync(HttpClient browser, string username, string password, string query = "")
    {
        using var response = await browser.PostFormAsync("/account/login" + query, new() { ["username"] = username, ["password"] = password });
    }

    /// <summary>The events so far, oldest first, once there are so many.</summary>
    private async Task<IReadOnlyList<Kept>> ReadAsync(int count)
    {
        List<Kept> events = [];
        for (var i = 0; i < 1000 && events.Count < count; i++)
        {
            await Task.Delay(10);
            await using var connection = await _host.Services.GetRequiredService<DbDataSource>().OpenConnectionAsync();
            await using var command = connection.CreateCommand();
            command.CommandText = "SELECT type, subject_id, session_id, remote_address, network, detail, identifier_hash FROM security_events WHERE type NOT LIKE 'client%' ORDER BY id";
            await using var reader = await command.ExecuteReaderAsync();
            events.Clear();
            while (await reader.ReadAsync())
            {
                var values = Enumerable.Range(0, reader.FieldCount).Select(column => reader.IsDBNull(column) ? "" : reader.GetValue(column).ToString()!).ToArray();
                events.Add(new Kept(values[0], values[1], values[2], values[3], values[4], values[5], values[6]));
            }
        }

        Assert.Equal(count, events.Count);
        return events;
    }

    private sealed record Kept(string Type, string Subject, string Session, string Address, string Network, string Detail, string Identifier);
}
