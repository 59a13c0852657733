namespace IdentityProvider.Hosting.Locations;

/// <summary>Section <c>GeoIp</c>.</summary>
internal sealed record GeoIpSection
{
    /// <summary>A file in MaxMind's DB format that knows countries, such as GeoLite2-Country.mmdb. Absent: countries are unknown. Read at start.</summary>
    public string? Path { get; set; }
}
