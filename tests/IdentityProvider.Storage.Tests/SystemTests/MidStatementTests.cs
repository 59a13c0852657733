using System.Net;
using Npgsql;
using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

/// <summary>What happens to an instance, or to its connection, while a statement that consumes something is on its way.</summary>
public sealed class MidStatementTests(MidStatementTests.Pair pair) : IClassFixture<MidStatementTests.Pair>, IAsyncLifetime
{
    private const string HoldGrants = "SELECT 1 FROM grants FOR UPDATE";
    private const string HoldCodes = "SELECT 1 FROM authorization_codes FOR UPDATE";

    private readonly CookieContainer _cookies = new();
    private readonly Installation _installation = pair.Installation;
    private readonly IdpProcess _second = pair.Second;
    private IdpProcess _first = null!;
    private HttpClient _browser = null!;

    public async Task InitializeAsync()
    {
        _first = await pair.FirstAsync();
        _browser = Browsers.New(_second.Http.BaseAddress!, _cookies);
        await _browser.SignInAsync();
    }

    public Task DisposeAsync()
    {
        _browser.Dispose();
        return Task.CompletedTask;
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

    private Task<int> GenerationAsync() => _installation.ReadAsync<int>("SELECT generation FROM grants ORDER BY created_at DESC LIMIT 1");

    /// <summary>Two instances whose statements wait for as long as it takes.</summary>
    public sealed class Pair : IAsyncLifetime
    {
        private IdpProcess? _first;

        internal Installation Installation { get; private set; } = null!;

        internal IdpProcess Second { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Installation = (await Installation.CreateAsync()).Connecting("Options=-c lock_timeout=0 -c statement_timeout=0;Command Timeout=0");
            Installation.Settings["Seed:Path"] = Installation.Seed;
            Second = await IdpProcess.ServeAsync(Installation.Settings);
        }

        public async Task DisposeAsync()
        {
            await EndFirstAsync();
            await Second.DisposeAsync();
            await Installation.DisposeAsync();
        }

        /// <summary>A test may have killed it.</summary>
        internal async Task<IdpProcess> FirstAsync()
        {
            if (_first is not { HasExited: false })
            {
                await EndFirstAsync();
                _first = await IdpProcess.ServeAsync(Installation.Settings);
            }

            return _first;
        }

        private async Task EndFirstAsync()
        {
            if (_first is not null)
            {
                await _first.DisposeAsync();
            }
        }
    }
}
