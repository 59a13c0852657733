using System.Net;
using IdentityProvider.Hosting.Locations;
using IdentityProvider.Tests.Configuration;
using Xunit;

namespace IdentityProvider.Tests.Locations;

public sealed class GeoIpTests : IDisposable
{
    private readonly string _path = Path.GetTempFileName();

    [Theory]
    [InlineData("203.0.113.7", "DE")]
    [InlineData("::ffff:203.0.113.7", "DE")]
    [InlineData("203.0.114.7", null)]
    [InlineData("2001:db8:5::1", "FR")]
    [InlineData("2001:db8:6::1", null)]
    [InlineData("127.0.0.1", null)]
    [InlineData(null, null)]
    public void An_address_has_the_country_of_its_network(string? address, string? country)
    {
        File.WriteAllBytes(_path, CountryFile.Write(("203.0.113.0/24", "DE"), ("2001:db8:5::/48", "FR")));
        using var countries = new GeoIpCountries(new GeoIpSection { Path = _path });

        Assert.Equal(country, countries.Find(address is null ? null : IPAddress.Parse(address)));
    }

    [Fact]
    public void Without_a_file_no_country_is_known()
    {
        using var countries = new GeoIpCountries(new GeoIpSection());

        Assert.Null(countries.Find(IPAddress.Parse("203.0.113.7")));
    }

    [Theory]
    [InlineData("not a database")]
    [InlineData("")]
    public async Task A_file_that_is_no_database_is_named_at_start(string content)
    {
        await File.WriteAllTextAsync(_path, content);

        var (code, _, error) = await Startup.StartAsync(("GeoIp:Path", _path));

        Assert.Equal(1, code);
        Assert.Contains($"GeoIp:Path: '{_path}'", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_named_at_start()
    {
        var (code, _, error) = await Startup.StartAsync(("GeoIp:Path", _path + ".missing"));

        Assert.Equal(1, code);
        Assert.Contains($"GeoIp:Path: '{_path}.missing'", error, StringComparison.Ordinal);
    }

    public void Dispose() => File.Delete(_path);
}
