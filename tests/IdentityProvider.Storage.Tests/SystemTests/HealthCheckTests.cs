using System.Net;
using IdentityProvider.Testing;
using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

/// <summary><c>idp healthcheck</c> as a container runs it: a process of its own, of which the exit code counts.</summary>
public sealed class HealthCheckTests
{
    [Fact]
    public async Task A_server_that_is_ready_is_code_0_whether_named_or_found_by_where_it_listens()
    {
        await using var host = await TestHost.StartAsync();

        var answers = await Task.WhenAll(
            IdpProcess.RunAsync($"healthcheck --url {host.Address}", new Dictionary<string, string>()),
            IdpProcess.RunAsync("healthcheck", new Dictionary<string, string> { ["urls"] = $"http://0.0.0.0:{host.Address.Port}" }));

        Assert.All(answers, answer =>
        {
            Assert.True(answer.ExitCode == 0, answer.Error);
            Assert.Contains("\"status\":\"healthy\"", answer.Output, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task A_server_that_is_not_ready_and_one_that_is_not_there_are_code_1()
    {
        using var nobody = TestHost.Bind();
        await using var host = await TestHost.StartAsync();
        Microsoft.Data.Sqlite.SqliteConnection.ClearAllPools();
        File.Move(Path.Combine(host.Directory, "idp.db"), Path.Combine(host.Directory, "moved.db"));
        Directory.CreateDirectory(Path.Combine(host.Directory, "idp.db"));

        var answers = await Task.WhenAll(
            IdpProcess.RunAsync($"healthcheck --url {host.Address}", new Dictionary<string, string>()),
            IdpProcess.RunAsync($"healthcheck --url http://{(IPEndPoint)nobody.LocalEndPoint!}", new Dictionary<string, string>()));

        Assert.All(answers, answer => Assert.Equal(1, answer.ExitCode));
        Assert.Contains("The database cannot be reached.", answers[0].Output, StringComparison.Ordinal);
        Assert.Contains("does not answer", answers[1].Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", answers[1].Error, StringComparison.Ordinal);
    }
}
