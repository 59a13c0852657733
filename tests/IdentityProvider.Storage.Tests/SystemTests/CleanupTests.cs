using IdentityProvider.Storage.Database;
using IdentityProvider.Storage.Grants;
using IdentityProvider.Storage.Tests.Grants;
using IdentityProvider.Testing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

public sealed class CleanupTests
{
    [Fact]
    public async Task A_running_server_deletes_what_has_expired_without_being_told()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var host = await TestHost.StartAsync(options => options.Time = time);
        var contexts = host.Services.GetRequiredService<Func<IdentityProviderContext>>();
        var (expired, alive) = (Row(TimeSpan.FromSeconds(1)), Row(TimeSpan.FromDays(-365)));
        await using (var context = contexts())
        {
            context.AddRange(expired, alive);
            await context.SaveChangesAsync();
        }

        await using var after = contexts();
        await Eventually.BecomesAsync(
            () =>
            {
                time.Advance(TimeSpan.FromMinutes(5));
                return after.Set<RevokedAccessTokenRow>().CountAsync();
            },
            count => count < 2,
            "The expired row is gone");
        Assert.Equal(alive.TokenId, (await after.Set<RevokedAccessTokenRow>().AsNoTracking().SingleAsync()).TokenId);
    }

    private static RevokedAccessTokenRow Row(TimeSpan age) => new() { TokenId = Scene.Bytes(), ExpiresAt = Scene.Ago(age) };
}
