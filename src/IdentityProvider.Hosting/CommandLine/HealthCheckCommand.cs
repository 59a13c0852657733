using IdentityProvider.Hosting.Configuration;
using Microsoft.Extensions.Configuration;

namespace IdentityProvider.Hosting.CommandLine;

/// <summary>Asks the server of this container. Needs no database, no key, no shell and no curl.</summary>
internal static class HealthCheckCommand
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    public static async Task<int> RunAsync(string[] settings, string? url, TextWriter output, CancellationToken cancellationToken)
    {
        var configuration = new ConfigurationBuilder()
            .AddEnvironmentVariables("ASPNETCORE_").AddEnvironmentVariables("DOTNET_").AddEnvironmentVariables().AddCommandLine(settings).Build();
        var address = new Uri(new Uri(url ?? Address(configuration)), "/health/ready");

        using var handler = new SocketsHttpHandler { UseProxy = false };
        using var http = new HttpClient(handler) { Timeout = Limit };
        try
        {
            using var response = await http.GetAsync(address, cancellationToken);
            await output.WriteLineAsync(await response.Content.ReadAsStringAsync(cancellationToken));
            return response.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException)
        {
            throw new ConfigurationException($"{address} does not answer: {error.Message}");
        }
    }

    /// <summary>Where Kestrel listens, by the settings that it reads; any address means this machine.</summary>
    private static string Address(IConfiguration configuration) =>
        configuration["urls"]?.Split(';') is [var first, ..]
            ? first.Replace("//+", "//localhost", StringComparison.Ordinal).Replace("//*", "//localhost", StringComparison.Ordinal)
                .Replace("//0.0.0.0", "//localhost", StringComparison.Ordinal).Replace("//[::]", "//localhost", StringComparison.Ordinal)
            : $"http://localhost:{configuration["http_ports"]?.Split(';')[0] ?? "5000"}";
}
