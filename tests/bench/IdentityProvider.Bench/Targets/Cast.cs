using System.Net.Http.Headers;
using System.Text;

namespace IdentityProvider.Bench.Targets;

/// <summary>The clients, APIs and people that every target is set up with.</summary>
internal static class Cast
{
    public const string WebClient = "web";
    public const string OfflineClient = "web-offline";
    public const string MachineClient = "machine";
    public const string Secret = "xq5eCEE1kXbNBWgGCNvKzJOVnkF4p0mXjzYSG9C3bUo";
    public const string Password = "correct horse battery staple";
    public const string RedirectUri = "https://client.example/callback";

    public static ApiDescription Rs256 { get; } = new("urn:bench:rs256", "bench.rs256", "RS256");

    public static ApiDescription Es256 { get; } = new("urn:bench:es256", "bench.es256", "ES256");

    public static IReadOnlyList<ApiDescription> Apis { get; } = [Rs256, Es256];

    public static AuthenticationHeaderValue Machine { get; } = Basic(MachineClient);

    public static string Person(int number) => $"person-{number}";

    public static IEnumerable<string> People(int count) => Enumerable.Range(0, count).Select(Person);

    public static AuthenticationHeaderValue Basic(string client) => new("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{client}:{Secret}")));
}

/// <summary>An API whose access tokens are signed with one algorithm.</summary>
internal sealed record ApiDescription(string Name, string Scope, string Algorithm);
