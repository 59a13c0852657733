using System.Net;

namespace IdentityProvider.Accounts.Locations;

/// <summary>The country that an address is used in, as far as anybody knows: a hint for people, never a ground to refuse somebody.</summary>
public interface ICountryLookup
{
    /// <summary>ISO 3166-1 alpha-2, in capitals; null: unknown, or no GeoIP file is configured.</summary>
    string? Find(IPAddress? address);
}
