using IdentityProvider.Accounts.Passwords;
using IdentityProvider.Hosting;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Grants;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Protocol.Tokens;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Xunit;

namespace IdentityProvider.Tests.Configuration;

/// <summary>What holds where nothing is configured beyond what Production insists on. Nothing is started.</summary>
public sealed class DefaultTests : IAsyncLifetime
{
    private WebApplication _app = null!;

    public Task InitializeAsync()
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            Args = [.. Startup.Production.Select(setting => $"--{setting.Key}={setting.Value}")],
            ContentRootPath = AppContext.BaseDirectory,
        });
        _app = builder.AddIdentityProvider().Build();
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _app.DisposeAsync();

    [Fact]
    public void A_password_hash_costs_19456_KiB_and_2_passes() =>
        Assert.Equal((19456, 2), Of<Argon2Options, (int, int)>(argon2 => (argon2.MemoryKiB, argon2.Iterations)));

    [Fact]
    public void Signing_keys_rotate_after_90_days_and_are_published_14_before_and_14_after() => Assert.Equal(
        (Days(90), Days(14), Days(14)),
        Of<KeyManagementOptions, (TimeSpan, TimeSpan, TimeSpan)>(keys => (keys.RotationInterval, keys.PropagationTime, keys.RetentionDuration)));

    [Fact]
    public void A_session_ends_after_10_hours_unused_and_after_30_days() => Assert.Equal(
        (TimeSpan.FromHours(10), Days(30)),
        Of<IdentityProvider.Accounts.Sessions.SessionOptions, (TimeSpan, TimeSpan)>(sessions => (sessions.IdleLifetime, sessions.AbsoluteLifetime)));

    [Fact]
    public void A_code_lives_60_seconds_an_ID_token_300_and_an_access_token_900() => Assert.Equal(
        (60, 300, 900, "ES256"),
        Of<TokenOptions, (double, double, double, string)>(tokens => (
            tokens.AuthorizationCodeLifetime.TotalSeconds, tokens.IdentityTokenLifetime.TotalSeconds, tokens.AccessTokenLifetime.TotalSeconds,
            tokens.AccessTokenSigningAlgorithm)));

    [Fact]
    public void A_refresh_token_lives_30_days_14_unused_and_reuse_ends_its_family() => Assert.Equal(
        (Days(30), Days(14), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(10), ReuseReaction.RevokeFamily, DeviceBinding.Signal),
        Of<RefreshTokenOptions, (TimeSpan, TimeSpan, TimeSpan, TimeSpan, ReuseReaction, DeviceBinding)>(refresh => (
            refresh.AbsoluteLifetime, refresh.SlidingLifetime, refresh.RetryWindow, refresh.LostResponseWindow, refresh.OnReuse, refresh.DeviceBinding)));

    [Fact]
    public async Task Nobody_has_to_push_an_authorization_request()
    {
        await using var host = await TestHost.StartAsync();
        using var discovery = await host.Http.GetAsync("/.well-known/openid-configuration");

        Assert.False(
            (await discovery.ReadJsonAsync()).TryGetProperty("require_pushed_authorization_requests", out var required) && required.GetBoolean());
    }

    private TResult Of<TOptions, TResult>(Func<TOptions, TResult> read)
        where TOptions : class => read(_app.Services.GetRequiredService<IOptions<TOptions>>().Value);

    private static TimeSpan Days(int days) => TimeSpan.FromDays(days);
}
