using System.ComponentModel.DataAnnotations;
using System.Net;
using IdentityProvider.Storage;

namespace IdentityProvider.Hosting.Configuration;

/// <summary>Section <c>Database</c>. The connection string is <c>ConnectionStrings:Database</c>.</summary>
internal sealed record DatabaseSection
{
    /// <summary>Required outside Development, where nothing is a safe guess.</summary>
    [EnumDataType(typeof(DatabaseProvider))]
    public DatabaseProvider Provider { get; set; }

    /// <summary>False outside Development: there a deployment step runs <c>idp migrate</c>, so that a rollout decides when.</summary>
    public bool MigrateOnStart { get; set; }
}

/// <summary>Section <c>Seed</c>.</summary>
internal sealed record SeedSection
{
    /// <summary>A file or a folder of JSON files, applied at start; absent: nothing is seeded.</summary>
    public string? Path { get; set; }
}

/// <summary>Section <c>Keys</c>.</summary>
internal sealed record KeysSection
{
    /// <summary>Where Development keeps its master key and signing keys. Elsewhere they are in the configuration and the database.</summary>
    public string? Directory { get; set; }
}

/// <summary>Section <c>ForwardedHeaders</c>: off unless a proxy is named, since anybody can send these headers.</summary>
internal sealed record ForwardedHeadersSection : IValidatableObject
{
    /// <summary>Addresses of proxies whose <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> are believed.</summary>
    public IReadOnlyList<string> KnownProxies { get; set; } = [];

    /// <summary>The same as networks in CIDR notation.</summary>
    public IReadOnlyList<string> KnownNetworks { get; set; } = [];

    /// <summary>1: one proxy in front. Each further hop must be a known proxy too.</summary>
    [Range(1, 10)]
    public int ForwardLimit { get; set; } = 1;

    /// <summary>Whether any proxy is named.</summary>
    internal bool Enabled => KnownProxies.Count > 0 || KnownNetworks.Count > 0;

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        KnownProxies.Where(proxy => !IPAddress.TryParse(proxy, out _))
            .Select(proxy => new ValidationResult($"'{proxy}' is not an IP address.", [nameof(KnownProxies)]))
            .Concat(KnownNetworks.Where(network => !IPNetwork.TryParse(network, out _))
                .Select(network => new ValidationResult($"'{network}' is not a network such as 10.0.0.0/8.", [nameof(KnownNetworks)])));
}

/// <summary>Section <c>Hsts</c>: Strict-Transport-Security (RFC 6797), sent when the issuer is https and not on loopback.</summary>
internal sealed record HstsSection
{
    /// <summary>True: an http subdomain could otherwise plant cookies. A domain shared with http sites sets it to false.</summary>
    public bool IncludeSubDomains { get; set; } = true;
}

/// <summary>Section <c>Telemetry</c>. Export itself is switched on by <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>.</summary>
internal sealed record TelemetrySection
{
    /// <summary>The OpenTelemetry resource attribute <c>service.name</c>.</summary>
    [Required]
    public string ServiceName { get; set; } = "identity-provider";

    /// <summary>Log lines go to standard error. Commands set it, because their standard output is the answer.</summary>
    public bool LogToStandardError { get; set; }
}

/// <summary>Section <c>Shutdown</c>.</summary>
internal sealed record ShutdownSection
{
    /// <summary>5 s: how long readiness already fails while requests are still served, so that a load balancer can look twice.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan Delay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>20 s for requests in flight; delay and drain stay below the 30 s that orchestrators usually grant.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan Drain { get; set; } = TimeSpan.FromSeconds(20);
}

/// <summary>Section <c>Production</c>.</summary>
internal sealed record ProductionSection
{
    /// <summary>What is let through outside Development in as many words; one value per entry, or several with commas.</summary>
    public IReadOnlyList<string> Allow { get; set; } = [];
}
