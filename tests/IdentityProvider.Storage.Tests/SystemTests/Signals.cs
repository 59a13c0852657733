using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

/// <summary>What an operating system does to a process.</summary>
internal static class Signals
{
    /// <summary>As every orchestrator asks a process to end.</summary>
    public static Task TerminateAsync(this Process process) => SendAsync(process, "TERM");

    /// <summary>It keeps its connections and answers nothing, as on a machine that swaps, or a virtual one that is moved.</summary>
    public static Task FreezeAsync(this Process process) => SendAsync(process, "STOP");

    public static Task ThawAsync(this Process process) => SendAsync(process, "CONT");

    private static async Task SendAsync(Process process, string signal)
    {
        using var kill = Process.Start("kill", ["-" + signal, process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        Assert.Equal(0, kill.ExitCode);
    }
}
