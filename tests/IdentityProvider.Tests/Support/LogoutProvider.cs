using Microsoft.AspNetCore.WebUtilities;
using Xunit;

namespace IdentityProvider.Tests.Support;

/// <summary>A server with clients that have to hear of logouts, and these clients' servers. One for each test.</summary>
public abstract class LogoutProvider : IAsyncLifetime
{
    private readonly Provider _provider = new();

    internal Provider Provider => _provider;

    internal LogoutReceiver Receiver { get; private set; } = null!;

    protected bool CheckSession { get; init; }

    public async Task InitializeAsync()
    {
        Receiver = await LogoutReceiver.StartAsync();
        await _provider.StartAsync(options =>
        {
            options.ExtraSeed = Seed(Receiver.Origin);
            options.Settings["Sessions:CheckSessionIframe"] = CheckSession ? "true" : "false";
        });
    }

    public async Task DisposeAsync()
    {
        await _provider.DisposeAsync();
        await Receiver.DisposeAsync();
    }

    /// <summary>A code flow of this client in this browser; returns its ID token.</summary>
    internal async Task<string> SignInAsync(Browser browser, string clientId) => (await Provider.Client(clientId).SignInAsync(browser)).IdToken;

    internal static Task<Page> LogoutAsync(Browser browser, params (string Name, string Value)[] parameters) =>
        browser.GetAsync(QueryHelpers.AddQueryString("/connect/endsession", parameters.ToDictionary(p => p.Name, p => (string?)p.Value)));

    private static string Seed(string receiver)
    {
        return $$"""{ "Clients": [{{Client("back", $"{receiver}/back")}}, {{Client("back2", $"{receiver}/back2", """, "AllowedIdentityTokenSigningAlgorithms": ["ES256"]""")}}, {{Front("front", "/logout?tenant=a", true)}}, {{Front("front2", "/gone", false)}}] }""";

        static string Client(string id, string uri, string more = "") => Common(id, $$"""
            "BackChannelLogoutUri": "{{uri}}" {{more}}
            """);

        static string Front(string id, string path, bool session) => Common(id, $$"""
            "FrontChannelLogoutUri": "https://{{id}}.example{{path}}", "FrontChannelLogoutSessionRequired": {{(session ? "true" : "false")}}
            """);

        static string Common(string id, string more) => $$"""
            {
              "ClientId": "{{id}}", "ClientSecrets": [{ "Plaintext": "{{id}}-key-of-the-tests" }], "AllowedGrantTypes": ["authorization_code"],
              "RequirePkce": false, "RedirectUris": ["https://{{id}}.example/callback"],
              "PostLogoutRedirectUris": ["https://{{id}}.example/signed-out"], "AllowedScopes": ["openid"], {{more}}
            }
            """;
    }
}
