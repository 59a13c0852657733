using System.Net;
using System.Text.RegularExpressions;
using Xunit;

namespace IdentityProvider.Tests.Configuration;

/// <summary><c>docker-compose.yml</c> as the server reads it.</summary>
public sealed partial class ComposeTests
{
    private static readonly string s_file = File.ReadAllText(Path.Combine(Repository.Root, "docker-compose.yml"));

    /// <summary>What <c>.env</c> has to say.</summary>
    private static readonly Dictionary<string, string> s_variables = new()
    {
        ["IDP_ISSUER"] = "https://id.example.com",
        ["IDP_MASTER_KEY"] = Startup.Production["MasterKey"],
        ["POSTGRES_PASSWORD"] = "0123456789abcdef",
        ["REDIS_PASSWORD"] = "0123456789abcdef",
    };

    [Fact]
    public async Task The_server_is_content_with_every_setting()
    {
        // Instead of the hosts of the compose network, whose names lead nowhere here.
        var settings = Settings().Select(setting => $"--{setting.Key.Replace("__", ":", StringComparison.Ordinal)}={Fill(setting.Value).Replace("postgres;", "127.0.0.1;Port=1;Timeout=1;", StringComparison.Ordinal).Replace("redis:6379", "127.0.0.1:1", StringComparison.Ordinal)}");

        var (code, _, error) = await Startup.RunAsync(["--environment=Production", .. settings]);

        Assert.Equal(1, code);
        Assert.StartsWith("The database is unavailable", error, StringComparison.Ordinal);
    }

    /// <summary>Or everybody is one network for the limits of sign-in, and events name the gateway.</summary>
    [Fact]
    public void The_proxy_in_front_is_believed_and_nobody_else()
    {
        var trusted = Settings().Where(setting => setting.Key.StartsWith("ForwardedHeaders__", StringComparison.Ordinal)).ToArray();
        var gateway = Gateway().Match(s_file);
        var subnet = Subnet().Match(s_file);

        Assert.Equal(("ForwardedHeaders__KnownProxies__0", gateway.Groups[1].Value), Assert.Single(trusted));
        Assert.True(IPNetwork.Parse(subnet.Groups[1].Value).Contains(IPAddress.Parse(gateway.Groups[1].Value)));
        Assert.Contains("\"127.0.0.1:8080:8080\"", s_file, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_variable_is_in_the_example()
    {
        var example = File.ReadAllLines(Path.Combine(Repository.Root, ".env.example")).Where(line => line.Contains('=', StringComparison.Ordinal) && line[0] != '#');

        Assert.Equal(s_variables.Keys.Order(), example.Select(line => line[..line.IndexOf('=', StringComparison.Ordinal)]).Order());
        Assert.Equal(s_variables.Keys.Order(), Variable().Matches(s_file).Select(match => match.Groups[1].Value).Distinct().Order());
    }

    private static IEnumerable<(string Key, string Value)> Settings()
    {
        var provider = s_file[s_file.IndexOf("    environment:", StringComparison.Ordinal)..s_file.IndexOf("    depends_on:", StringComparison.Ordinal)];
        return Setting().Matches(provider).Select(match => (match.Groups[1].Value, match.Groups[2].Value.Trim('"')));
    }

    private static string Fill(string value) => Variable().Replace(value, match => s_variables[match.Groups[1].Value]);

    [GeneratedRegex(@"^      (\w+): (.+)$", RegexOptions.Multiline)]
    private static partial Regex Setting();

    [GeneratedRegex(@"\$\{(\w+)\}")]
    private static partial Regex Variable();

    [GeneratedRegex(@"gateway: (\S+)")]
    private static partial Regex Gateway();

    [GeneratedRegex(@"subnet: (\S+)")]
    private static partial Regex Subnet();
}
