using System.Net;
using Xunit;

namespace IdentityProvider.Tests.Configuration;

public sealed class ProductionTests
{
    [Theory]
    [InlineData("MasterKey", null, "MasterKey is not set")]
    [InlineData("MasterKey", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "MasterKey cannot be used")]
    [InlineData("MasterKey", "c2hvcnQ=", "MasterKey cannot be used")]
    [InlineData("MasterKey", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "MasterKey cannot be used")]
    [InlineData("MasterKey", "dGhpcyBpcyBhIHRleHQgb2YgMzIgY2hhcmFjdGVycyE=", "MasterKey cannot be used")]
    [InlineData("Serilog:WriteTo:0:Name", "Seq", "The section Serilog asks for what this server does not have")]
    [InlineData("MasterKeyFile", "/nowhere/master.key", "Both MasterKey and MasterKeyFile are set")]
    [InlineData("Issuer", null, "Issuer is not set")]
    [InlineData("Issuer", "http://id.example.com", "Production:Allow=HttpIssuer")]
    [InlineData("Issuer", "http://localhost:5000", "Production:Allow=HttpIssuer")]
    [InlineData("Issuer", "https://id.example.com/", "without path")]
    [InlineData("Issuer", "https://id.example.com/tenant", "below a path is not supported")]
    [InlineData("Issuer", "https://ID.example.com", "lower-case host")]
    [InlineData("Issuer", "id.example.com", "not an absolute https address")]
    [InlineData("Database:Provider", null, "Database:Provider is not set")]
    [InlineData("Database:Provider", "Sqlite", "Production:Allow=Sqlite")]
    [InlineData("ConnectionStrings:Database", null, "ConnectionStrings:Database is not set")]
    [InlineData("Keys:Directory", "/keys", "Keys:Directory is for Development")]
    [InlineData("Production:Allow", "Everything", "It may list HttpIssuer, Sqlite, DemoSeed")]
    [Trait("row", "D1")]
    [Trait("row", "P15")]
    [Trait("row", "S7")]
    public async Task Production_refuses_to_start_and_says_what_to_set(string key, string? value, string message)
    {
        var (code, _, error) = await Startup.StartAsync((key, value));

        Assert.Equal(1, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_problem_is_reported_at_once()
    {
        var (_, _, error) = await Startup.StartAsync(("Issuer", null), ("MasterKey", null), ("Tokens:Lifetime", "5"));

        Assert.Contains("Issuer is not set", error, StringComparison.Ordinal);
        Assert.Contains("MasterKey is not set", error, StringComparison.Ordinal);
        Assert.Contains("'Tokens:Lifetime'", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_away_is_one_sentence()
    {
        var (code, _, error) = await Startup.StartAsync();

        Assert.Equal(1, code);
        Assert.StartsWith("The database is unavailable", error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_production_allows_in_as_many_words_starts()
    {
        await using var host = await TestHost.StartAsync(options =>
        {
            options.Environment = "Production";
            options.Settings["MasterKey"] = Startup.Production["MasterKey"];
            options.Settings["Production:Allow"] = "HttpIssuer, Sqlite, DemoSeed";
            options.Seed = TestSeed.Default;
        });

        using var ready = await host.Http.GetAsync("/health/ready");
        Assert.True(ready.IsSuccessStatusCode);

        // What is for developers is not there at all.
        foreach (var path in (string[])["/dev/mailbox", "/dev/pages", "/dev/pages/login", "/Dev/Mailbox"])
        {
            using var page = await host.Http.GetAsync(path);
            Assert.Equal(HttpStatusCode.NotFound, page.StatusCode);
        }
    }
}
