using System.Net;
using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Testing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

/// <summary>What ends a grant while a request that makes or renews it is under way.</summary>
public enum Ending
{
    Logout,
    Lock,
    PasswordReset,
    PasswordChange,
    Withdrawal,
}

/// <summary>
/// A redemption and a rotation are held open, on a row that the test has locked, while something ends the grant. What they answer is
/// dead at its first use.
/// </summary>
public sealed class HeldRequestTests : IAsyncLifetime
{
    private static readonly Guid _alice = Guid.Parse("5d2f0c8e-7a54-4c1d-9b3e-1f6a2b9c0a11");

    private readonly App _app = App.Spa;
    private Installation _installation = null!;
    private TestHost _host = null!;
    private HttpClient _browser = null!;

    public static TheoryData<Ending> Endings => [.. Enum.GetValues<Ending>()];

    public async Task InitializeAsync()
    {
        _installation = (await Installation.CreateAsync()).Connecting("Options=-c lock_timeout=60s -c statement_timeout=60s");
        _host = await _installation.StartAsync();
        _browser = await _host.SignInAsync("alice");
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        await _installation.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Endings))]
    public async Task What_a_redemption_returns_that_was_under_way_when_everything_ended_is_dead(Ending ending)
    {
        var code = await _app.CodeAsync(_browser);
        await using var held = await _installation.LockAsync("SELECT 1 FROM authorization_codes WHERE redeemed_at IS NULL FOR UPDATE");
        var redemption = _app.RedeemAsync(_host.Http, code);
        await _installation.UntilWaitingAsync(1);

        // Only a withdrawal waits for the code.
        await EndAsync(ending, waits: ending == Ending.Withdrawal, held.CommitAsync);
        await IsDeadAsync(await redemption);
    }

    [Theory]
    [MemberData(nameof(Endings))]
    public async Task What_a_rotation_returns_that_was_under_way_when_everything_ended_is_dead(Ending ending)
    {
        var tokens = await _app.TokensAsync(_browser);
        await using var held = await _installation.LockAsync("SELECT 1 FROM grants FOR UPDATE");
        var rotation = _app.RefreshAsync(_host.Http, tokens["refresh_token"]);
        await _installation.UntilWaitingAsync(1);

        // A logout changes the session alone; the others write into the grant as well, and so come after the rotation.
        await EndAsync(ending, waits: ending != Ending.Logout, held.CommitAsync);
        await IsDeadAsync(await rotation);
        Assert.False(await App.IsActiveAsync(_host.Http, tokens["access_token"]));
    }

    private async Task EndAsync(Ending ending, bool waits, Func<CancellationToken, Task> release)
    {
        var end = EndAsync(ending);
        await (waits ? _installation.UntilWaitingAsync(2) : end);
        await release(CancellationToken.None);
        await end;
    }

    private async Task EndAsync(Ending ending)
    {
        var transitions = _host.Services.GetRequiredService<IAccountTransitions>();
        switch (ending)
        {
            case Ending.Logout:
                using (var response = await _browser.PostFormAsync("/account/logout", []))
                {
                    Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
                }

                break;
            case Ending.Lock:
                Assert.NotNull(await transitions.LockAsync(_alice, "drill"));
                break;
            case Ending.PasswordReset:
                Assert.NotNull(await transitions.ResetPasswordAsync(_alice, "hash"));
                break;
            case Ending.PasswordChange:
                Assert.NotNull(await transitions.ChangePasswordAsync(new PasswordChange
                {
                    UserId = _alice,
                    UserEpoch = 0,
                    PasswordHash = "hash",
                    SessionId = await _installation.ReadAsync<Guid>("SELECT id FROM sessions"),
                    HandleHash = new byte[32], Notice = new ChangeNotice(AccountEventTypes.PasswordChange, new EventOrigin()) }));
                break;
            default:
                await transitions.WithdrawConsentAsync(_alice, "spa");
                break;
        }
    }

    /// <summary>The request itself was in time, so it succeeds; nothing that it gave does.</summary>
    private async Task IsDeadAsync(Answer answer)
    {
        var tokens = answer.Succeeds();
        Assert.False(await App.IsActiveAsync(_host.Http, tokens["access_token"]));
        (await App.UserInfoAsync(_host.Http, tokens["access_token"])).Fails(HttpStatusCode.Unauthorized, "invalid_token");
        (await _app.RefreshAsync(_host.Http, tokens["refresh_token"])).Fails(HttpStatusCode.BadRequest, "invalid_grant");
    }
}
