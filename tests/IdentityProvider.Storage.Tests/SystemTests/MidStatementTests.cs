using System.Net;
using Npgsql;
using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

/// <summary>What happens to an instance, or to its connection, while a statement that consumes something is on its way.</summary>
public sealed class MidStatementTests : IAsyncLifetime
{
    private const string HoldGrants = "SELECT 1 FROM grants FOR UPDATE";
    private const string HoldCodes = "SELECT 1 FROM authorization_codes FOR UPDATE";

    private readonly CookieContainer _cookies = new();
    private Installation _installation = null!;
    private IdpProcess _first = null!;
    private IdpProcess _second = null!;
    private HttpClient _browser = null!;

    public async Task InitializeAsync()
    {
        _installation = (await Installation.CreateAsync()).Connecting("Options=-c lock_timeout=0 -c statement_timeout=0;Command Timeout=0");
        _installation.Settings["Seed:Path"] = _installation.Seed;
        _first = await IdpProcess.ServeAsync(_installation.Settings);
        _second = await IdpProcess.ServeAsync(_installation.Settings);
        _browser = Browsers.New(_second.Http.BaseAddress!, _cookies);
        await _browser.SignInAsync();
    }

    public async Task DisposeAsync()
    {
        _browser.Dispose();
        await _first.DisposeAsync();
        await _second.DisposeAsync();
        await _installation.DisposeAsync();
    }

    [Fact]
    public async Task An_instance_that_freezes_in_a_refresh_holds_nobody_up_and_its_late_answer_is_the_same_successor()
    {
        var app = App.Rotating;
        var presented = (await app.TokensAsync(_browser))["refresh_token"];
        var late = await FreezeFirstInAsync(HoldGrants, http => app.RefreshAsync(http, presented));

        // The frozen one has rotated, and holds no lock; the client that gave up on it asks the other one.
        var retried = (await app.RefreshAsync(_second.Http, presented)).Succeeds();
        Assert.Equal(2, await GenerationAsync());

        await _first.ThawAsync();
        var answer = (await late).Succeeds();
        Assert.Equal(retried["refresh_token"], answer["refresh_token"]);
        Assert.True(await App.IsActiveAsync(_second.Http, answer["access_token"]));
        (await app.RefreshAsync(_first.Http, retried["refresh_token"])).Succeeds();
    }

    [Fact]
    public async Task An_instance_that_freezes_in_a_redemption_answers_late_and_alone()
    {
        var app = App.Rotating;
        var code = await app.CodeAsync(_browser);
        var late = await FreezeFirstInAsync(HoldCodes, http => app.RedeemAsync(http, code));

        (await app.RedeemAsync(_second.Http, code)).Fails(HttpStatusCode.BadRequest, "invalid_grant");

        await _first.ThawAsync();
        var tokens = (await late).Succeeds();
        Assert.True(await App.IsActiveAsync(_second.Http, tokens["access_token"]));
        (await app.RefreshAsync(_second.Http, tokens["refresh_token"])).Succeeds();
    }

    [Fact]
    public async Task A_code_whose_instance_was_killed_in_its_redemption_is_spent_and_the_person_gets_another_without_a_sign_in()
    {
        var app = App.Rotating;
        var code = await app.CodeAsync(_browser);
        var late = await FreezeFirstInAsync(HoldCodes, http => app.RedeemAsync(http, code));
        await _first.KillAsync();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => late);

        (await app.RedeemAsync(_second.Http, code)).Fails(HttpStatusCode.BadRequest, "invalid_grant");

        Assert.True(await App.IsActiveAsync(_second.Http, (await app.TokensAsync(_browser))["access_token"]));
    }

    [Theory]
    [InlineData(HoldGrants, "grants", true)]
    [InlineData(HoldCodes, "authorization_codes", false)]
    public async Task A_backend_that_is_terminated_in_mid_statement_is_503_and_nothing_is_spent(string hold, string table, bool refresh)
    {
        var app = App.Rotating;
        var handle = refresh ? (await app.TokensAsync(_browser))["refresh_token"] : await app.CodeAsync(_browser);
        var request = (HttpClient http) => refresh ? app.RefreshAsync(http, handle) : app.RedeemAsync(http, handle);
        await using var holder = await _installation.LockAsync(hold);
        var waiting = request(_first.Http);
        await _installation.UntilWaitingAsync(1);

        await _installation.ExecuteAsync(
            $"""
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%{table}%'
            """);

        (await waiting).IsUnavailable();
        await ReleaseAsync(holder);
        var tokens = (await request(_first.Http)).Succeeds();
        Assert.True(await App.IsActiveAsync(_second.Http, tokens["access_token"]));
        (await app.RefreshAsync(_second.Http, tokens["refresh_token"])).Succeeds();
    }

    /// <summary>
    /// The test holds the row, the first instance waits for it in its statement, and is frozen there. Then the row is released: the
    /// statement ends and commits by itself, and its answer lies unread in the socket of the frozen process.
    /// </summary>
    private async Task<Task<Answer>> FreezeFirstInAsync(string hold, Func<HttpClient, Task<Answer>> request)
    {
        await using var holder = await _installation.LockAsync(hold);
        var late = request(_first.Http);
        await _installation.UntilWaitingAsync(1);
        await _first.FreezeAsync();
        await ReleaseAsync(holder);
        await Eventually.BecomesAsync(
            () => _installation.ReadAsync<long>(
                """
                SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND state <> 'idle' AND backend_type = 'client backend' AND pid <> pg_backend_pid()
                """),
            count => count == 0,
            "The frozen instance's statement has ended");
        return late;
    }

    private static async Task ReleaseAsync(NpgsqlTransaction holder)
    {
        await holder.RollbackAsync();
        await holder.Connection!.DisposeAsync();
    }

    private Task<int> GenerationAsync() => _installation.ReadAsync<int>("SELECT max(generation) FROM grants");
}
