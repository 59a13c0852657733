using System.Collections.Concurrent;
using System.Globalization;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Json;

namespace IdentityProvider.Testing;

/// <summary>Keeps log lines in the form in which Production writes them.</summary>
public sealed class LogCapture : ILogEventSink
{
    private readonly JsonFormatter _formatter = new(renderMessage: true);
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyList<string> Lines => [.. _lines];

    public void Emit(LogEvent logEvent)
    {
        using var writer = new StringWriter(CultureInfo.InvariantCulture);
        _formatter.Format(logEvent, writer);
        _lines.Enqueue(writer.ToString());
    }
}
