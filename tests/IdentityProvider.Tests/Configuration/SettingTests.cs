using IdentityProvider.Hosting.Configuration;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace IdentityProvider.Tests.Configuration;

public sealed class SettingTests
{
    [Theory]
    [InlineData("Tokens:AcessTokenLifetime", "Did you mean 'Tokens:AccessTokenLifetime'?")]
    [InlineData("Mail:Smtp:Hots", "Did you mean 'Mail:Smtp:Host'?")]
    [InlineData("Sessions:Xyzzyxyzzyxyzzyxyzzyxyzzy", "Unknown setting 'Sessions:Xyzzyxyzzyxyzzyxyzzyxyzzy'. Remove it.")]
    [InlineData("Upstream:Providers:contoso:ClientSecrets", "Did you mean 'Upstream:Providers:contoso:ClientSecret'?")]
    [InlineData("Upstream:Provider:contoso:ClientId", "Did you mean 'Upstream:Providers'?")]
    [InlineData("Passwords:MinimumLength", "Unknown setting 'Passwords:MinimumLength'")]
    [InlineData("ConnectionStrings:Databse", "Unknown setting 'ConnectionStrings:Databse'. Did you mean 'ConnectionStrings:Database'?")]
    [InlineData("ConnectionStrings:Reddis", "Did you mean 'ConnectionStrings:Redis'?")]
    [InlineData("ConnectionString:Redis", "Did you mean 'ConnectionStrings'?")]
    [InlineData("Isuer", "Did you mean 'Issuer'?")]
    [InlineData("Databse:Provider", "Did you mean 'Database'?")]
    public async Task A_setting_that_nothing_reads_is_refused_by_name(string key, string message)
    {
        var (code, _, error) = await Startup.StartAsync((key, "x"));

        Assert.Equal(1, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Kestrel:Limits:MaxConcurrentConnections")]
    [InlineData("Logging:LogLevel:Default")]
    [InlineData("Serilog:MinimumLevel:Default")]
    [InlineData("ConnectionStrings:Reporting")]
    [InlineData("MyOwnSection:Key")]
    public async Task Sections_of_others_are_left_alone(string key)
    {
        var (_, _, error) = await Startup.StartAsync((key, "Error"));

        Assert.DoesNotContain("Unknown setting", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Tokens:AccessTokenLifetime", "soon", "'soon' at 'Tokens:AccessTokenLifetime'")]
    [InlineData("Tokens:AccessTokenLifetime", "00:00:01", "Tokens:AccessTokenLifetime")]
    [InlineData("Tokens:AccessTokenSigningAlgorithm", "HS256", "Tokens:AccessTokenSigningAlgorithm")]
    [InlineData("Database:Provider", "MySql", "'MySql' at 'Database:Provider'")]
    [InlineData("ForwardedHeaders:KnownProxies:0", "proxy", "'proxy' is not an IP address")]
    [InlineData("Mail:Provider", "Smtp", "Mail:From")]
    [InlineData("RefreshTokens:OnReuse", "RevokeNothing", "'RevokeNothing' at 'RefreshTokens:OnReuse'")]
    [InlineData("RefreshTokens:OnReuse", "7", "RefreshTokens:OnReuse")]
    [InlineData("RefreshTokens:DeviceBinding", "Perhaps", "'Perhaps' at 'RefreshTokens:DeviceBinding'")]
    [InlineData("Events:Retention", "00:10:00", "Events:Retention")]
    [InlineData("Branding:AccentColor", "blue", "Branding:AccentColor")]
    [InlineData("Upstream:Providers:contoso:Preset", "Facebook", "'Facebook' at 'Upstream:Providers:contoso:Preset'")]
    [InlineData("Upstream:Providers:contoso:DisplayName", "Contoso", "Upstream:Providers:contoso:Authority: set it to the issuer identifier")]
    [InlineData("Upstream:Providers:contoso:Authority", "http://id.contoso.com", "Upstream:Providers:contoso:Authority: set it to the issuer identifier")]
    [InlineData("Upstream:Providers:contoso:Preset", "Google", "Upstream:Providers:contoso:ClientSecret: set it to the client secret")]
    [InlineData("Upstream:Providers:contoso:HomeRealms:0", "https://contoso.com", "Upstream:Providers:contoso:HomeRealms: 'https://contoso.com' is not a domain")]
    [InlineData("Upstream:Providers:contoso:TrustedAcr:gold", "9", "Upstream:Providers:contoso:TrustedAcr: 'gold' is 9 here")]
    [InlineData("Upstream:Providers:contoso:Scopes:0", "email", "Upstream:Providers:contoso:Scopes: openid is missing")]
    [InlineData("Upstream:Providers:contoso:IconUrl", "https://cdn.example/x.svg", "Upstream:Providers:contoso:IconUrl: it must be a path on this server")]
    [InlineData("Upstream:Providers:callback:Preset", "GitHub", "Upstream:Providers:callback: a name has at most")]
    public async Task A_value_that_does_not_fit_is_refused_by_key(string key, string value, string message)
    {
        var (code, _, error) = await Startup.StartAsync((key, value));

        Assert.Equal(1, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Tokens:AccessTokenLifetime", "00:10:00")]
    [InlineData("Tokens:IdentityTokenLifetime", "00:04:00")]
    public async Task A_token_that_would_outlive_its_key_is_refused_at_start(string key, string retention)
    {
        var (code, _, error) = await Startup.StartAsync(
            ("KeyManagement:RetentionDuration", retention), ("Tokens:AccessTokenLifetime", key.Contains("Access", StringComparison.Ordinal) ? "00:15:00" : "00:01:00"));

        Assert.Equal(1, code);
        Assert.Contains($"{key}: ", error, StringComparison.Ordinal);
        Assert.Contains($"KeyManagement:RetentionDuration ({retention})", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_domain_is_at_home_at_one_provider()
    {
        var (code, _, error) = await Startup.StartAsync(
            ("Upstream:Providers:one:HomeRealms:0", "contoso.com"), ("Upstream:Providers:two:HomeRealms:0", "Contoso.com"));

        Assert.Equal(1, code);
        Assert.Contains("Upstream:Providers:two:HomeRealms: 'Contoso.com' is a home realm of one already.", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_of_a_provider_is_in_no_message()
    {
        var (_, _, error) = await Startup.StartAsync(
            ("Upstream:Providers:one:ClientSecret", "the-secret-of-one"), ("Upstream:Providers:one:Preset", "Google"), ("Upstream:Providers:one:Scopes:0", "email"));

        Assert.Contains("Upstream:Providers:one", error, StringComparison.Ordinal);
        Assert.DoesNotContain("the-secret-of-one", error, StringComparison.Ordinal);
        Assert.DoesNotContain("the-secret-of-one", new IdentityProvider.Protocol.Upstream.UpstreamProviderOptions { ClientSecret = "the-secret-of-one" }.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Isuer", "Unknown environment variable 'Isuer'. Did you mean 'Issuer'?")]
    [InlineData("MasterKeyFiel", "Did you mean 'MasterKeyFile'?")]
    [InlineData("Databse__Provider", "Unknown environment variable 'Databse__Provider'. Did you mean 'Database__Provider'?")]
    [InlineData("TOKEN__ACCESSTOKENLIFETIME", "Did you mean 'Tokens__AccessTokenLifetime'?")]
    [InlineData("ConnectionString__Redis", "Did you mean 'ConnectionStrings__Redis'?")]
    [InlineData("ConnectionStrings__Databse", "Did you mean 'ConnectionStrings:Database'?")]
    [InlineData("Tokens__AcessTokenLifetime", "Did you mean 'Tokens:AccessTokenLifetime'?")]
    public void A_misspelt_variable_of_the_environment_is_refused_by_name(string name, string message) =>
        Assert.Contains(message, Assert.Single(UnknownVariables(name)), StringComparison.Ordinal);

    [Theory]
    [InlineData("ISSUE")]
    [InlineData("USER")]
    [InlineData("MAILS")]
    [InlineData("HOSTS__PROVIDER")]
    [InlineData("TOKEN__VALUE")]
    [InlineData("REDIS_PORT_6379_TCP")]
    [InlineData("CONNECTIONSTRINGS__REPORTING")]
    [InlineData("SomethingElse__Provider")]
    [InlineData("__")]
    public void Variables_of_others_are_left_alone(string name) => Assert.Empty(UnknownVariables(name));

    /// <summary>Under a prefix, since tests that run beside this one read the environment, too.</summary>
    private static string[] UnknownVariables(string name)
    {
        const string Prefix = "IDP_SETTING_TESTS_";
        Environment.SetEnvironmentVariable(Prefix + name, "x");
        try
        {
            return [.. KnownSettings.FindUnknown(new ConfigurationBuilder().AddEnvironmentVariables(Prefix).Build())];
        }
        finally
        {
            Environment.SetEnvironmentVariable(Prefix + name, null);
        }
    }

    [Fact]
    public async Task A_variable_of_the_environment_that_is_named_like_a_section_is_no_setting()
    {
        Environment.SetEnvironmentVariable("MAIL", "/var/mail/somebody");
        try
        {
            var (_, _, error) = await Startup.StartAsync();
            Assert.StartsWith("The database is unavailable", error, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("MAIL", null);
        }
    }
}
