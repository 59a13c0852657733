using System.Text;
using IdentityProvider.Hosting.Observability;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Parsing;
using Xunit;

namespace IdentityProvider.Tests.Hosting;

/// <summary>The log of last resort: what is wrong with a line or with its reader must stop neither the log nor the server.</summary>
public sealed class BufferedConsoleTests
{
    [Fact]
    public void A_line_that_cannot_be_written_is_told_and_the_next_ones_follow()
    {
        using var output = new MemoryStream();
        using (var console = new BufferedConsole(new Formatter(), output))
        {
            console.Emit(Line("first"));
            console.Emit(Line("broken"));
            console.Emit(Line("last"));
        }

        var lines = Encoding.UTF8.GetString(output.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["first", "last"], [lines[0], lines[^1]]);
        Assert.Contains(lines, line => line.Contains("A log line could not be written: FormatException", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_reader_that_stands_still_does_not_hold_up_the_end()
    {
        using var output = new Stuck();
        var console = new BufferedConsole(new Formatter(), output);
        console.Emit(Line("first"));

        await Task.Run(console.Dispose).WaitAsync(TimeSpan.FromSeconds(20));

        output.Release();
    }

    private static LogEvent Line(string text) =>
        new(DateTimeOffset.UnixEpoch, LogEventLevel.Information, exception: null, new MessageTemplateParser().Parse(text), []);

    private sealed class Formatter : ITextFormatter
    {
        public void Format(LogEvent logEvent, TextWriter output)
        {
            if (logEvent.MessageTemplate.Text == "broken")
            {
                throw new FormatException();
            }

            output.Write(logEvent.MessageTemplate.Text + '\n');
        }
    }

    private sealed class Stuck : MemoryStream
    {
        private readonly TaskCompletionSource _released = new();

        public void Release() => _released.SetResult();

        public override async Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => await _released.Task;

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => await _released.Task;
    }
}
