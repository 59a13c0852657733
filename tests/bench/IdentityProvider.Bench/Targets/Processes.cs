using System.Diagnostics;

namespace IdentityProvider.Bench.Targets;

/// <summary>A process that this run started, and ends.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private readonly Process _process;

    private ServerProcess(Process process)
    {
        _process = process;
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Starts a program whose output goes to a file, through a shell that only redirects and is replaced by the program.</summary>
    public static ServerProcess Start(string log, IReadOnlyDictionary<string, string> environment, string workingDirectory, params IEnumerable<string> command)
    {
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = workingDirectory };
        foreach (var argument in (IEnumerable<string>)["-c", "exec \"$@\" >\"$0\" 2>&1", log, .. command])
        {
            start.ArgumentList.Add(argument);
        }

        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new ServerProcess(Process.Start(start)!);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    /// <summary>Runs a program to its end and returns what it printed.</summary>
    public static Task<string> RunAsync(string program, params IEnumerable<string> arguments) =>
        RunAsync(new Dictionary<string, string>(), program, arguments);

    /// <summary>The same with settings in its environment.</summary>
    public static async Task<string> RunAsync(IReadOnlyDictionary<string, string> environment, string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output.Trim() : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}.");
    }
}
