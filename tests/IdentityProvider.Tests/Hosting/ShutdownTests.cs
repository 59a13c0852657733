using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace IdentityProvider.Tests.Hosting;

public sealed class ShutdownTests
{
    [Fact]
    [Trait("row", "T20")]
    public async Task Readiness_fails_first_while_requests_are_still_served()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var host = await TestHost.StartAsync(options =>
        {
            options.Time = time;
            options.Settings["Shutdown:Delay"] = "00:00:30";
        });

        var stopping = host.Services.GetRequiredService<IHost>().StopAsync();
        using var ready = await host.Http.GetAsync("/health/ready");
        using var live = await host.Http.GetAsync("/health/live");
        using var keys = await host.Http.GetAsync("/.well-known/openid-configuration/jwks");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal(
            "The server is stopping.",
            (await ready.ReadJsonAsync()).GetProperty("checks").GetProperty("shutdown").GetProperty("reason").GetString());
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        Assert.Equal(HttpStatusCode.OK, keys.StatusCode);
        Assert.False(stopping.IsCompleted);

        time.Advance(TimeSpan.FromSeconds(30));
        await stopping;
    }
}
