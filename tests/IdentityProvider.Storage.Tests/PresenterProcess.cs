using System.Diagnostics;
using System.Text.Json;
using IdentityProvider.Protocol.Grants;
using IdentityProvider.Storage.Tests.Databases;
using IdentityProvider.Storage.Tests.Grants;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Storage.Tests;

/// <summary>What a presenter process has to do: one of the two, from this many threads.</summary>
internal sealed record PresenterTask(StorageOptions Options, int Threads)
{
    public CodePresentation? Code { get; init; }

    public RefreshPresentation? Token { get; init; }
}

/// <summary>
/// A second and a third process, as two instances of the server are. Each reads its task from its first line of input, says that it is
/// ready, starts at the second line, and writes what its threads were told.
/// </summary>
internal static class PresenterProcess
{
    private static readonly TimeSpan _limit = TimeSpan.FromMinutes(1);

    public static async Task<IReadOnlyList<Presented>> PresentAsync(PresenterTask task, int processes)
    {
        var running = Enumerable.Range(0, processes).Select(_ => Start()).ToList();
        try
        {
            foreach (var process in running)
            {
                await process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(task));
            }

            foreach (var process in running)
            {
                Assert.Equal("ready", await process.StandardOutput.ReadLineAsync().WaitAsync(_limit));
            }

            foreach (var process in running)
            {
                await process.StandardInput.WriteLineAsync("go");
            }

            var answers = await Task.WhenAll(running.Select(process => process.StandardOutput.ReadToEndAsync())).WaitAsync(_limit);
            return [.. answers.SelectMany(answer => JsonSerializer.Deserialize<Presented[]>(answer)!)];
        }
        finally
        {
            foreach (var process in running)
            {
                process.Kill();
                process.Dispose();
            }
        }
    }

    private static Process Start() => Process.Start(new ProcessStartInfo("dotnet", ["exec", typeof(PresenterProcess).Assembly.Location])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
    })!;

    private static RefreshPresentation NoToken => new()
    {
        FamilyId = Scene.Id(),
        Generation = 1,
        SecretHash = [],
        ClientId = "nobody",
        ClientAuthenticated = false,
        Rotate = true,
        SuccessorHash = [],
        SealedSuccessor = [],
        Network = "",
        UserAgent = "",
        RetryWindow = TimeSpan.Zero,
        LostResponseWindow = TimeSpan.Zero,
        SlidingLifetime = null,
    };

    private static async Task Main()
    {
        var task = JsonSerializer.Deserialize<PresenterTask>((await Console.In.ReadLineAsync())!)!;
        await using var services = TestDatabase.Build(task.Options);
        var store = services.GetRequiredService<IGrantStore>();

        // A connection per thread is opened and the statement compiled before the start, so that the processes meet in the database.
        Presented.TokenAtOnce(store, NoToken, task.Threads);
        Console.WriteLine("ready");
        await Console.In.ReadLineAsync();
        Console.Write(JsonSerializer.Serialize(task.Code is not null
            ? Presented.CodeAtOnce(store, task.Code, task.Threads)
            : Presented.TokenAtOnce(store, task.Token!, task.Threads)));
    }
}
