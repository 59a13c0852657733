using System.Diagnostics;
using IdentityProvider.Hosting.Health;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace IdentityProvider.Hosting.Observability;

/// <summary>One line per request. Never the query: it carries codes, tokens, hints and state.</summary>
internal sealed partial class RequestLog(RequestDelegate next, ILogger<RequestLog> logger, TimeProvider time)
{
    public async Task InvokeAsync(HttpContext context)
    {
        var started = time.GetTimestamp();
        var path = context.Request.Path;
        var method = context.Request.Method;
        try
        {
            await next(context);
        }
        finally
        {
            var elapsed = Math.Round(time.GetElapsedTime(started).TotalMilliseconds, 1);
            var level = path.StartsWithSegments(HealthEndpoints.Path) ? LogLevel.Debug : LogLevel.Information;
            // Escaped again, so that a line break in a path cannot pass for a line of the log.
            Request(level, method, path.ToUriComponent(), context.Response.StatusCode, elapsed, Activity.Current?.TraceId.ToHexString());
        }
    }

    [LoggerMessage(EventId = 5100, Message = "{Method} {Path} {Status} in {Elapsed} ms, trace {TraceId}")]
    private partial void Request(LogLevel level, string method, string path, int status, double elapsed, string? traceId);
}
