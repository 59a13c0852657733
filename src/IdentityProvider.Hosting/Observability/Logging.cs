using System.Globalization;
using IdentityProvider.Hosting.Configuration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Display;
using Serilog.Formatting.Json;

namespace IdentityProvider.Hosting.Observability;

internal static class Logging
{
    private const string Readable = "{Timestamp:HH:mm:ss} {Level:u3} {Message:lj}{NewLine}{Exception}";

    /// <summary>Readable lines in Development, JSON elsewhere. The section <c>Serilog</c> changes levels, and replaces the console when it names sinks.</summary>
    public static void AddStructuredLogging(this ILoggingBuilder logging, IConfiguration configuration, ServerSettings settings)
    {
        var logger = new LoggerConfiguration()
            .MinimumLevel.Information()
            // What these say about single requests would repeat our own line, with the query string in it.
            .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
            .MinimumLevel.Override("System", LogEventLevel.Warning)
            .MinimumLevel.Override("Npgsql", LogEventLevel.Warning)
            // It warns whenever a page says itself that it must not be cached.
            .MinimumLevel.Override("Microsoft.AspNetCore.Antiforgery", LogEventLevel.Error)
            // An address that is taken ends the start with a message of its own.
            .MinimumLevel.Override("Microsoft.Extensions.Hosting.Internal.Host", LogEventLevel.Fatal)
            .ReadFrom.Configuration(configuration);
        if (!configuration.GetSection("Serilog:WriteTo").Exists())
        {
            ITextFormatter formatter = settings.Development
                ? new MessageTemplateTextFormatter(Readable, CultureInfo.InvariantCulture)
                : new JsonFormatter(renderMessage: true, formatProvider: CultureInfo.InvariantCulture);
            var output = settings.Telemetry.LogToStandardError ? Console.OpenStandardError() : Console.OpenStandardOutput();
            logger.WriteTo.Sink(new BufferedConsole(formatter, output));
        }

        logging.ClearProviders();
        logging.AddSerilog(logger.CreateLogger(), dispose: true);
    }
}
