using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

/// <summary>What a command of <c>idp</c> said.</summary>
internal sealed record CommandResult(int ExitCode, string Output, string Error);

/// <summary><c>idp</c> as a process of its own. It listens on a port that the system picks.</summary>
internal sealed partial class IdpProcess : IAsyncDisposable
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly ConcurrentQueue<string> _errors = new();
    private readonly TaskCompletionSource _outputEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _errorsEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private IdpProcess(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => Collect(line.Data, _output, _outputEnded);
        _process.ErrorDataReceived += (_, line) => Collect(line.Data, _errors, _errorsEnded);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>A client without cookies that follows no redirect; set once the server listens.</summary>
    public HttpClient Http { get; private set; } = null!;

    public bool HasExited => _process.HasExited;

    public IReadOnlyCollection<string> Output => _output;

    public IReadOnlyCollection<string> Lines => [.. _output, .. _errors];

    /// <summary>What the process has cost so far, and the first run of a server costs most.</summary>
    public TimeSpan CpuTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    public static async Task<CommandResult> RunAsync(string command, IReadOnlyDictionary<string, string> settings)
    {
        await using var process = new IdpProcess(Command(command.Split(' '), "Production", settings));
        var exitCode = await process.ExitAsync();
        return new CommandResult(exitCode, string.Join('\n', process._output), string.Join('\n', process._errors));
    }

    /// <param name="settings">As on the command line.</param>
    /// <param name="environment">The host environment.</param>
    /// <param name="variables">What only environment variables say.</param>
    public static Task<IdpProcess> ServeAsync(
        IReadOnlyDictionary<string, string> settings, string environment = "Production", params (string Name, string Value)[] variables)
    {
        var start = Command(["serve", .. Listening], environment, settings);
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        return ListenAsync(start);
    }

    /// <summary>What the README says, without the build, which has happened.</summary>
    public static Task<IdpProcess> DotnetRunAsync(IReadOnlyDictionary<string, string> settings)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;
        return ListenAsync(new ProcessStartInfo("dotnet",
        [
            "run", "--project", Path.Combine(Repository.Root, "src", "IdentityProvider.Server"), "--no-build", "--configuration", configuration,
            "--", .. Listening, .. Arguments(settings),
        ]));
    }

    /// <summary>A client for one more browser or program.</summary>
    public HttpClient NewClient() => NewClient(Http.BaseAddress!);

    /// <inheritdoc cref="Signals.TerminateAsync"/>
    public Task TerminateAsync() => _process.TerminateAsync();

    /// <inheritdoc cref="Signals.FreezeAsync"/>
    public Task FreezeAsync() => _process.FreezeAsync();

    public Task ThawAsync() => _process.ThawAsync();

    /// <summary>SIGKILL: it finishes nothing.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>The exit code, once everything that was written has been read.</summary>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(_limit);
        await Task.WhenAll(_outputEnded.Task, _errorsEnded.Task).WaitAsync(_limit);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private static string[] Listening => ["--urls=http://127.0.0.1:0", "--Serilog:MinimumLevel:Override:Microsoft.Hosting.Lifetime=Information"];

    private static async Task<IdpProcess> ListenAsync(ProcessStartInfo start)
    {
        var process = new IdpProcess(start);
        try
        {
            await Eventually.BecomesTrueAsync(
                () => process._process.HasExited || process.Address is not null, "The server listens");
            Assert.True(process.Address is not null, string.Join('\n', process.Lines));
            process.Http = NewClient(process.Address!);
            return process;
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    private Uri? Address => _output.Select(line => ListeningLine().Match(line)).FirstOrDefault(match => match.Success) is { } line
        ? new Uri(line.Groups[1].Value)
        : null;

    private static ProcessStartInfo Command(IEnumerable<string> verbs, string environment, IReadOnlyDictionary<string, string> settings) =>
        new("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "idp.dll"), .. verbs, .. Arguments(settings)])
        {
            Environment = { ["ASPNETCORE_ENVIRONMENT"] = environment },
        };

    private static IEnumerable<string> Arguments(IReadOnlyDictionary<string, string> settings) =>
        settings.Select(setting => $"--{setting.Key}={setting.Value}");

    private static HttpClient NewClient(Uri address) =>
        new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false }) { BaseAddress = address };

    private static void Collect(string? line, ConcurrentQueue<string> lines, TaskCompletionSource ended)
    {
        if (line is null)
        {
            ended.TrySetResult();
        }
        else
        {
            lines.Enqueue(line);
        }
    }

    /// <summary>As text in Development, within a JSON string in Production.</summary>
    [GeneratedRegex("Now listening on: \\\\?\"?(http://127\\.0\\.0\\.1:[0-9]+)")]
    private static partial Regex ListeningLine();
}
