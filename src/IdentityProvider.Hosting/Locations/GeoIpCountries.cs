using System.Net;
using IdentityProvider.Accounts.Locations;
using IdentityProvider.Hosting.Configuration;
using MaxMind.Db;

namespace IdentityProvider.Hosting.Locations;

/// <summary>Countries from a GeoIP file, read once at the start and held in memory: a lookup takes microseconds. A newer file counts from the next start.</summary>
internal sealed class GeoIpCountries : ICountryLookup, IDisposable
{
    private const int CodeLength = 2;

    private readonly Reader? _reader;

    /// <exception cref="ConfigurationException">The file cannot be read.</exception>
    public GeoIpCountries(GeoIpSection section)
    {
        if (section.Path is not { Length: > 0 } path)
        {
            return;
        }

        try
        {
            _reader = new Reader(path, FileAccessMode.Memory);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or InvalidDatabaseException)
        {
            throw new ConfigurationException($"GeoIp:Path: '{path}' cannot be read as a MaxMind DB file: {error.Message}");
        }
    }

    public string? Find(IPAddress? address)
    {
        if (_reader is null || address is null)
        {
            return null;
        }

        try
        {
            var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
            return _reader.Find<Dictionary<string, object>>(plain) is { } record
                && record.TryGetValue("country", out var country) && country is Dictionary<string, object> properties
                && properties.TryGetValue("iso_code", out var code) && code is string { Length: CodeLength } iso
                    ? iso.ToUpperInvariant()
                    : null;
        }
        catch (Exception error) when (error is InvalidDatabaseException or ArgumentException)
        {
            // A damaged record, or an IPv6 address where the file has IPv4 only: nobody's sign-in may fail for it.
            return null;
        }
    }

    public void Dispose() => _reader?.Dispose();
}
