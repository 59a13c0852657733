using System.Net;
using IdentityProvider.Testing;
using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

/// <summary>One instance is 10 minutes ahead of the database, the other one 10 minutes behind: only the database's clock may decide.</summary>
public sealed class ClockTests : IAsyncLifetime
{
    private static readonly TimeSpan _error = TimeSpan.FromMinutes(10);

    private readonly CookieContainer _cookies = new();
    private readonly App _app = App.Spa;
    private Installation _installation = null!;
    private TestHost _fast = null!;
    private TestHost _slow = null!;
    private HttpClient _onFast = null!;
    private HttpClient _onSlow = null!;

    public async Task InitializeAsync()
    {
        _installation = await Installation.CreateAsync();
        _fast = await _installation.StartAsync(new ShiftedClock(_error));
        _slow = await _installation.StartAsync(new ShiftedClock(-_error));
        _onFast = Browsers.New(_fast.Issuer, _cookies);
        _onSlow = Browsers.New(_slow.Issuer, _cookies);
        await _fast.SignInAsync("alice", browser: _onFast);
    }

    public async Task DisposeAsync()
    {
        _onFast.Dispose();
        _onSlow.Dispose();
        await _fast.DisposeAsync();
        await _slow.DisposeAsync();
        await _installation.DisposeAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_fresh_sign_in_that_starts_on_one_instance_and_ends_on_the_other_ends(bool startsOnFast)
    {
        var (first, second) = startsOnFast ? (_onFast, _onSlow) : (_onSlow, _onFast);
        var wait = await Answer.ReadAsync(await first.GetAsync(_app.RequestUrl(("prompt", "login"))));
        Assert.StartsWith("/account/login", wait.Location?.OriginalString, StringComparison.Ordinal);

        // Without the sign-in the request goes on waiting, on either instance.
        using var signedIn = await second.PostFormAsync(wait.Location!.OriginalString, new() { ["username"] = "alice", ["password"] = "alice" });
        Assert.Equal(HttpStatusCode.SeeOther, signedIn.StatusCode);
        var end = await Answer.ReadAsync(await second.GetAsync(signedIn.Headers.Location));

        Assert.NotNull(_app.CodeOf(end.Location));
        var again = await Answer.ReadAsync(await first.GetAsync(_app.RequestUrl(("prompt", "login"))));
        Assert.StartsWith("/account/login", again.Location?.OriginalString, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("row", "S13")]
    public async Task A_clock_that_goes_wrong_is_named_and_keeps_nobody_from_serving()
    {
        foreach (var (host, words) in new[] { (_fast, "600 s ahead of"), (_slow, "600 s behind") })
        {
            using var ready = await host.Http.GetAsync("/health/ready");
            var health = await ready.ReadJsonAsync();
            Assert.Equal((HttpStatusCode.OK, "degraded"), (ready.StatusCode, health.GetProperty("status").GetString()));
            Assert.Contains(words, health.GetProperty("checks").GetProperty("database").GetProperty("reason").GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_code_expires_by_the_clock_of_the_database()
    {
        (await _app.RedeemAsync(_onFast, await _app.CodeAsync(_onSlow))).Succeeds();
        (await _app.RedeemAsync(_onSlow, await _app.CodeAsync(_onFast))).Succeeds();

        var late = await _app.CodeAsync(_onFast);
        await _installation.ExecuteAsync("UPDATE authorization_codes SET expires_at = clock_timestamp() WHERE redeemed_at IS NULL");
        (await _app.RedeemAsync(_onSlow, late)).Fails(HttpStatusCode.BadRequest, "invalid_grant");
        (await _app.RedeemAsync(_onFast, late)).Fails(HttpStatusCode.BadRequest, "invalid_grant");
    }

    [Fact]
    public async Task The_retry_window_of_a_refresh_is_measured_by_the_clock_of_the_database()
    {
        var tokens = await _app.TokensAsync(_onFast);
        var successor = (await _app.RefreshAsync(_onSlow, tokens["refresh_token"])).Succeeds()["refresh_token"];
        Assert.Equal(successor, (await _app.RefreshAsync(_onFast, tokens["refresh_token"])).Succeeds()["refresh_token"]);
        Assert.Equal(successor, (await _app.RefreshAsync(_onSlow, tokens["refresh_token"])).Succeeds()["refresh_token"]);

        await _installation.ExecuteAsync("UPDATE grants SET rotated_at = rotated_at - interval '31 s' WHERE revoked_at IS NULL");
        (await _app.RefreshAsync(_onSlow, tokens["refresh_token"])).Fails(HttpStatusCode.BadRequest, "invalid_grant");
        (await _app.RefreshAsync(_onFast, tokens["refresh_token"])).Fails(HttpStatusCode.BadRequest, "invalid_grant");
        (await _app.RefreshAsync(_onSlow, successor)).Succeeds();
    }

    [Fact]
    public async Task Max_age_is_measured_by_the_clock_of_the_database()
    {
        var request = _app.RequestUrl(("max_age", "300"));
        foreach (var browser in (HttpClient[])[_onFast, _onSlow])
        {
            Assert.NotNull(_app.CodeOf((await Answer.ReadAsync(await browser.GetAsync(request))).Location));
        }

        await _installation.ExecuteAsync("UPDATE sessions SET auth_time = auth_time - interval '301 s'");
        foreach (var browser in (HttpClient[])[_onFast, _onSlow])
        {
            Assert.Null(_app.CodeOf((await Answer.ReadAsync(await browser.GetAsync(request))).Location));
        }
    }

    [Fact]
    public async Task Both_sign_and_both_verify()
    {
        Assert.Equal(await App.PublishedKeysAsync(_onFast), await App.PublishedKeysAsync(_onSlow));
        foreach (var issuing in (HttpClient[])[_onFast, _onSlow])
        {
            var tokens = await _app.TokensAsync(issuing);
            var machine = (await App.Machine.ClientCredentialsAsync(issuing)).Succeeds();
            foreach (var judging in (HttpClient[])[_onFast, _onSlow])
            {
                (await App.UserInfoAsync(judging, tokens["access_token"])).Succeeds();
                Assert.True(await App.IsActiveAsync(judging, tokens["access_token"]));
                Assert.True(await App.IsActiveAsync(judging, machine["access_token"]));
            }
        }
    }
}
