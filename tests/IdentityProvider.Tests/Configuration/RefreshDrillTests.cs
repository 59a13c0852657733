using System.Collections.Concurrent;
using IdentityProvider.Accounts.Sessions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace IdentityProvider.Tests.Configuration;

/// <summary><c>idp drill refresh</c> against our server, and against one that has not heard of retries.</summary>
public sealed class RefreshDrillTests
{
    [Fact]
    public async Task A_careless_client_is_not_logged_out()
    {
        await using var host = await TestHost.StartAsync();

        var (code, output, error) = await DrillAsync(
            host.Issuer, "spa", "--username", "alice", "--password", "alice", "--redirect-uri", "https://spa.example/callback",
            "--tabs", "4", "--drop-response", "30%", "--rounds", "10");

        Assert.True(code == 0, error + output);
        Assert.Equal(
            ("10", "0", "0", "0"),
            (Figure(output, "Rotations"), Figure(output, "Second successors"), Figure(output, "Refused"), Figure(output, "Log-outs")));
        Assert.True(int.Parse(Figure(output, "Same successor again"), System.Globalization.CultureInfo.InvariantCulture) >= 30);
        Assert.Empty(await host.Services.GetRequiredService<ISessionStore>().ListAsync(Guid.Parse("5d2f0c8e-7a54-4c1d-9b3e-1f6a2b9c0a11"), CancellationToken.None));
    }

    [Fact]
    public async Task A_client_that_needs_consent_and_does_not_rotate_is_told_that_there_is_nothing_to_see()
    {
        await using var host = await TestHost.StartAsync();

        var (code, output, error) = await DrillAsync(
            host.Issuer, "partner", "--secret", "partner-secret", "--username", "alice", "--password", "alice",
            "--redirect-uri", "https://partner.example/callback", "--rounds", "2");

        Assert.True(code == 0, error + output);
        Assert.Contains("do not rotate", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_takes_each_token_once_logs_a_careless_client_out_and_the_exit_code_says_so()
    {
        await using var server = await StartAsync(new ConcurrentDictionary<string, bool> { ["first"] = true }, (tokens, token) =>
        {
            var next = Guid.CreateVersion7(TimeProvider.System.GetUtcNow()).ToString("N");
            return tokens.TryRemove(token, out _) && tokens.TryAdd(next, true) ? next : null;
        });

        var (code, output, _) = await DrillAsync(AddressOf(server), "any", "--refresh-token", "first", "--tabs", "1", "--drop-response", "90%", "--rounds", "100");

        Assert.Equal((1, "1"), (code, Figure(output, "Log-outs")));
    }

    [Fact]
    public async Task An_outage_is_counted_and_the_drill_goes_on_when_it_is_over()
    {
        var (asked, next) = (0, 0);
        await using var server = await StartAsync(
            new ConcurrentDictionary<string, bool>(),
            (_, _) => $"token-{Interlocked.Increment(ref next)}",
            () => Interlocked.Increment(ref asked) is > 1 and <= 22 ? StatusCodes.Status503ServiceUnavailable : null);

        var (code, output, error) = await DrillAsync(AddressOf(server), "any", "--refresh-token", "first", "--tabs", "1", "--drop-response", "0%", "--rounds", "3");

        Assert.True(code == 0, error + output);
        Assert.Equal(
            ("21", "0", "1", "0", "2"),
            (Figure(output, "Unavailable"), Figure(output, "Throttled"), Figure(output, "Undecided rounds"), Figure(output, "Log-outs"), Figure(output, "Rotations")));
    }

    [Fact]
    public async Task A_server_that_asks_for_patience_is_asked_again_when_it_said()
    {
        var asked = new ConcurrentQueue<long>();
        await using var server = await StartAsync(
            new ConcurrentDictionary<string, bool>(),
            (_, _) => "next",
            () =>
            {
                asked.Enqueue(TimeProvider.System.GetTimestamp());
                return asked.Count == 1 ? StatusCodes.Status429TooManyRequests : null;
            });

        var (_, output, _) = await DrillAsync(AddressOf(server), "any", "--refresh-token", "first", "--tabs", "1", "--drop-response", "0%", "--rounds", "1");

        Assert.Equal(("0", "1"), (Figure(output, "Unavailable"), Figure(output, "Throttled")));
        var times = asked.ToArray();
        Assert.True(TimeProvider.System.GetElapsedTime(times[0], times[1]) >= TimeSpan.FromSeconds(1.9));
    }

    [Fact]
    public async Task A_server_that_gives_a_token_two_successors_is_found_out()
    {
        var next = 0;
        await using var server = await StartAsync(new ConcurrentDictionary<string, bool>(), (_, _) => $"token-{Interlocked.Increment(ref next)}");

        var (code, output, _) = await DrillAsync(AddressOf(server), "any", "--refresh-token", "first", "--tabs", "3", "--drop-response", "0%", "--rounds", "2");

        Assert.Equal((1, "4", "0"), (code, Figure(output, "Second successors"), Figure(output, "Log-outs")));
    }

    [Theory]
    [InlineData("Give --refresh-token", "https://id.invalid")]
    [InlineData("belong together", "https://id.invalid", "--username", "alice")]
    [InlineData("not an http or https address", "id.invalid", "--refresh-token", "x")]
    [InlineData("standard input is empty", "https://id.invalid", "--refresh-token", "-")]
    public async Task What_is_missing_is_named(string why, string url, params string[] more)
    {
        var (code, _, error) = await DrillAsync(url, "spa", more);

        Assert.Equal(1, code);
        Assert.Contains(why, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--drop-response", "10")]
    [InlineData("--drop-response", "95%")]
    [InlineData("--tabs", "0")]
    [InlineData("--rounds", "0")]
    [InlineData("--Issuer=https://id.invalid")]
    public async Task A_habit_that_no_client_has_is_wrong_usage(params string[] habit)
    {
        var (code, _, _) = await DrillAsync("https://id.invalid", "spa", ["--refresh-token", "x", .. habit]);
        Assert.Equal(2, code);
    }

    private static Task<(int Code, string Output, string Error)> DrillAsync(string url, string client, params string[] more) =>
        Startup.RunAsync(["drill", "refresh", "--url", url, "--client", client, .. more]);

    private static string Figure(string output, string name) => Assert.Single(
        output.Split('\n'), line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[name.Split(' ').Length];

    private static string AddressOf(WebApplication server) =>
        server.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    private static async Task<WebApplication> StartAsync(
        ConcurrentDictionary<string, bool> tokens, Func<ConcurrentDictionary<string, bool>, string, string?> successor, Func<int?>? trouble = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapPost("/connect/token", async (HttpRequest request) =>
        {
            if (trouble?.Invoke() is { } status)
            {
                request.HttpContext.Response.Headers.RetryAfter = status == StatusCodes.Status429TooManyRequests ? "2" : "0";
                return Results.StatusCode(status);
            }

            return successor(tokens, (await request.ReadFormAsync())["refresh_token"].ToString()) is { } next
                ? Results.Json(new Dictionary<string, string> { ["refresh_token"] = next })
                : Results.Json(new Dictionary<string, string> { ["error"] = "invalid_grant" }, statusCode: StatusCodes.Status400BadRequest);
        });
        await app.StartAsync();
        return app;
    }
}
