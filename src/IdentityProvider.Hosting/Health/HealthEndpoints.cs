using System.Text.Json;
using IdentityProvider.Hosting.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace IdentityProvider.Hosting.Health;

/// <summary><c>/health/live</c>: the process works. <c>/health/ready</c>: it can serve, or why not.</summary>
internal static partial class HealthEndpoints
{
    public const string Path = "/health";

    public static IServiceCollection AddHealth(this IServiceCollection services, ServerSettings settings)
    {
        services.AddSingleton<Readiness>();
        services.AddHostedService(provider => provider.GetRequiredService<Readiness>());
        services.AddSingleton<MigrationsCheck>();
        var checks = services.AddHealthChecks()
            .AddCheck<ShutdownCheck>("shutdown")
            .AddCheck<DatabaseCheck>("database")
            .AddCheck<MigrationsCheck>("migrations")
            .AddCheck<SigningKeysCheck>("signing_keys");
        if (settings.RedisConnection is not null)
        {
            checks.AddCheck<RedisCheck>("redis");
        }

        return services;
    }

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapHealthChecks(Path + "/live", new HealthCheckOptions { Predicate = _ => false, ResponseWriter = WriteAsync });
        routes.MapHealthChecks(Path + "/ready", new HealthCheckOptions { ResponseWriter = WriteAsync });
    }

    /// <summary>Reasons only: an exception's text could name hosts and users.</summary>
    private static Task WriteAsync(HttpContext context, HealthReport report)
    {
        foreach (var (check, entry) in report.Entries)
        {
            if (entry.Exception is { } exception)
            {
                CheckFailed(context.RequestServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(HealthEndpoints)), check, exception);
            }
        }

        var checks = report.Entries.ToDictionary(
            entry => entry.Key,
            entry => new { status = entry.Value.Status.ToString().ToLowerInvariant(), reason = entry.Value.Exception is null ? entry.Value.Description : "The check failed; the log says why." });
        return context.Response.WriteAsJsonAsync(new { status = report.Status.ToString().ToLowerInvariant(), checks }, JsonSerializerOptions.Web);
    }

    [LoggerMessage(5210, LogLevel.Error, "The health check {Check} failed")]
    private static partial void CheckFailed(ILogger logger, string check, Exception exception);
}
