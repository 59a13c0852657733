using System.Globalization;
using IdentityProvider.Hosting.Configuration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Core;
using Serilog.Debugging;
using Serilog.Events;
using Serilog.Extensions.Logging;
using Serilog.Formatting;
using Serilog.Formatting.Display;
using Serilog.Formatting.Json;

namespace IdentityProvider.Hosting.Observability;

internal static class Logging
{
    /// <summary>Serilog's own log is one for the process.</summary>
    private static readonly Lock s_selfLog = new();

    private const string Readable = "{Timestamp:HH:mm:ss} {Level:u3} {Message:lj}{NewLine}{Exception}";

    /// <summary>
    /// Readable lines in Development, JSON elsewhere. The section <c>Serilog</c> changes levels; sinks that it names, or that the host
    /// registers as <see cref="ILogEventSink"/>, take the place of the console.
    /// </summary>
    public static void AddStructuredLogging(this ILoggingBuilder logging)
    {
        logging.ClearProviders();
        logging.Services.AddSingleton<ILoggerProvider>(provider => new SerilogLoggerProvider(Create(provider), dispose: true));
        logging.AddFilter<SerilogLoggerProvider>(null, LogLevel.Trace);
    }

    private static Logger Create(IServiceProvider provider)
    {
        var configuration = provider.GetRequiredService<IConfiguration>();
        var logger = new LoggerConfiguration()
            .MinimumLevel.Information()
            // What these say about single requests would repeat our own line, with the query string in it.
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .MinimumLevel.Override("System", LogEventLevel.Warning)
            .MinimumLevel.Override("Npgsql", LogEventLevel.Warning)
            // What fails here arrives as an exception, and is logged once where it is handled.
            .MinimumLevel.Override("Microsoft.EntityFrameworkCore.Database", LogEventLevel.Fatal)
            // Readiness fails by design at every shutdown, and its answer has the reasons.
            .MinimumLevel.Override("Microsoft.Extensions.Diagnostics.HealthChecks", LogEventLevel.Fatal)
            // It warns whenever a page says itself that it must not be cached.
            .MinimumLevel.Override("Microsoft.AspNetCore.Antiforgery", LogEventLevel.Error)
            // What ends the start is said once, in words, by the command line.
            .MinimumLevel.Override("Microsoft.Extensions.Hosting.Internal.Host", LogEventLevel.Fatal);
        Configure(logger, configuration);

        var sinks = provider.GetServices<ILogEventSink>().ToArray();
        foreach (var sink in sinks)
        {
            logger.WriteTo.Sink(sink);
        }

        if (sinks.Length == 0 && !configuration.GetSection("Serilog:WriteTo").Exists())
        {
            logger.WriteTo.Sink(Console(provider.GetRequiredService<ServerSettings>()));
        }

        return logger.CreateLogger();
    }

    /// <summary>Serilog tells of a sink that it cannot find to nobody but its own log: the server would run without one.</summary>
    private static void Configure(LoggerConfiguration logger, IConfiguration configuration)
    {
        var problems = new List<string>();
        lock (s_selfLog)
        {
            SelfLog.Enable(problems.Add);
            logger.ReadFrom.Configuration(configuration);
            SelfLog.Enable(TextWriter.Synchronized(System.Console.Error));
        }

        if (problems.Find(problem => problem.Contains("Unable to find a method", StringComparison.Ordinal)) is { } unknown)
        {
            throw new ConfigurationException(
                $"The section Serilog asks for what this server does not have: {unknown.Trim()} Of sinks it has Console; a host of your own may reference more.");
        }
    }

    private static BufferedConsole Console(ServerSettings settings)
    {
        ITextFormatter formatter = settings.Development
            ? new MessageTemplateTextFormatter(Readable, CultureInfo.InvariantCulture)
            : new JsonFormatter(renderMessage: true, formatProvider: CultureInfo.InvariantCulture);
        var output = settings.Telemetry.LogToStandardError ? System.Console.OpenStandardError() : System.Console.OpenStandardOutput();
        return new BufferedConsole(formatter, output);
    }
}
