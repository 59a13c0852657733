using IdentityProvider.Hosting.Configuration;
using IdentityProvider.Protocol;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace IdentityProvider.Hosting.Observability;

/// <summary>Exports metrics and traces by OTLP. Registered only when <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set; the exporter reads the usual variables.</summary>
internal sealed class Telemetry(ServerSettings settings) : IHostedService, IDisposable
{
    private static readonly string[] Meters =
    [
        ProtocolMetrics.Name, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.Identity",
        "System.Runtime", "System.Net.Http", "Npgsql",
    ];

    private MeterProvider? _metrics;
    private TracerProvider? _traces;

    public static bool IsWanted(IConfiguration configuration) => !string.IsNullOrEmpty(configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]);

    /// <summary>Without it the span of a request has neither method nor path. Before the server is built: it looks once.</summary>
    public static void DescribeRequests() => AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var resource = ResourceBuilder.CreateDefault().AddService(settings.Telemetry.ServiceName);
        _metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(Meters).AddOtlpExporter().Build();
        _traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource)
            .AddSource(ProtocolMetrics.Name, "Microsoft.AspNetCore", "Npgsql").AddOtlpExporter().Build();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _metrics?.Dispose();
        _traces?.Dispose();
    }
}
