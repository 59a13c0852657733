using System.Diagnostics;
using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

/// <summary>A PostgreSQL of the test's own, which it can break off and start again.</summary>
internal sealed class PostgresCluster : IAsyncDisposable
{
    private PostgresCluster(string connectionString) => ConnectionString = connectionString;

    public string ConnectionString { get; }

    public static async Task<PostgresCluster> StartAsync() => new((await RunAsync("start")).Trim());

    /// <summary>As a crash would; the files stay.</summary>
    public Task HaltAsync() => RunAsync("halt", ConnectionString);

    public Task ResumeAsync() => RunAsync("resume", ConnectionString);

    public async ValueTask DisposeAsync() => await RunAsync("stop", ConnectionString);

    private static async Task<string> RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", [Path.Combine(Repository.Root, "tests", "postgres.sh"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, $"postgres.sh {arguments[0]}: {await error}");
        return output;
    }
}

/// <summary>The clone that these tests were built in.</summary>
internal static class Repository
{
    public static string Root { get; } = Find(new DirectoryInfo(AppContext.BaseDirectory));

    private static string Find(DirectoryInfo? directory)
    {
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "IdentityProvider.sln")))
        {
            directory = directory.Parent;
        }

        return directory?.FullName ?? throw new InvalidOperationException("These tests run inside a clone of the repository.");
    }
}
