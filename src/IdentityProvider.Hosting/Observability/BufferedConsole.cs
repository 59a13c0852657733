using System.Globalization;
using System.Text;
using System.Threading.Channels;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;

namespace IdentityProvider.Hosting.Observability;

/// <summary>
/// Writes log lines from a thread of its own and flushes when there is nothing more to write: a request never waits for the terminal.
/// When the reader of the pipe is too slow, lines are dropped and counted, since the server must not stand still for its log.
/// </summary>
internal sealed class BufferedConsole : ILogEventSink, IDisposable
{
    private const int Capacity = 16_384;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(2);

    private readonly Channel<LogEvent> _events = Channel.CreateBounded<LogEvent>(new BoundedChannelOptions(Capacity) { SingleReader = true });
    private readonly ITextFormatter _formatter;
    private readonly StreamWriter _writer;
    private readonly Task _writing;
    private long _dropped;

    public BufferedConsole(ITextFormatter formatter, Stream output)
    {
        _formatter = formatter;
        _writer = new StreamWriter(output, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), bufferSize: 16_384);
        _writing = Task.Run(WriteAsync);
    }

    public void Emit(LogEvent logEvent)
    {
        if (!_events.Writer.TryWrite(logEvent))
        {
            Interlocked.Increment(ref _dropped);
        }
    }

    /// <summary>Writes what is left, as far as the reader takes it within two seconds: the end must not wait for one that stands still.</summary>
    public void Dispose()
    {
        _events.Writer.TryComplete();
        if (_writing.Wait(s_patience))
        {
            _writer.Dispose();
        }
    }

    /// <summary>A value that cannot be written must not end the log.</summary>
    private async Task FormatAsync(LogEvent logEvent)
    {
        try
        {
            _formatter.Format(logEvent, _writer);
        }
#pragma warning disable CA1031 // A formatter calls whatever ToString the value has.
        catch (Exception error) when (error is not IOException)
#pragma warning restore CA1031
        {
            await _writer.WriteLineAsync();
            await WriteWarningAsync($"A log line could not be written: {error.GetType().Name}");
        }
    }

    private Task WriteWarningAsync(string message) => _writer.WriteLineAsync($"{{\"Level\":\"Warning\",\"MessageTemplate\":\"{message}\"}}");

    private async Task WriteAsync()
    {
        try
        {
            while (await _events.Reader.WaitToReadAsync())
            {
                while (_events.Reader.TryRead(out var logEvent))
                {
                    await FormatAsync(logEvent);
                }

                if (Interlocked.Exchange(ref _dropped, 0) is > 0 and var dropped)
                {
                    await WriteWarningAsync(string.Create(CultureInfo.InvariantCulture, $"{dropped} log lines were dropped"));
                }

                await _writer.FlushAsync();
            }
        }
        catch (IOException)
        {
            // The reader of the pipe is gone. The server goes on without a log.
            _events.Writer.TryComplete();
        }
    }
}
