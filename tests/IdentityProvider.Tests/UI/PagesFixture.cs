using System.Net;
using Xunit;

namespace IdentityProvider.Tests.UI;

/// <summary>One server for a class of page tests.</summary>
public sealed class PagesFixture : IAsyncLifetime
{
    public TestHost Host { get; private set; } = null!;

    public async Task InitializeAsync() => Host = await TestHost.StartAsync();

    public async Task DisposeAsync() => await Host.DisposeAsync();

    /// <summary>Sends an authorization request, and returns the page that the browser is sent to.</summary>
    public static async Task<string> AuthorizeAsync(HttpClient browser, string client, params (string Name, string Value)[] more)
    {
        (string Name, string Value)[] parameters =
        [
            ("client_id", client), ("redirect_uri", client == "native" ? "com.example.native:/callback" : $"https://{client}.example/callback"), ("response_type", "code"), ("scope", "openid profile"),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"), ("code_challenge_method", "S256"), .. more,
        ];
        using var response = await browser.GetAsync("/connect/authorize?" + string.Join('&', parameters.Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value)}")));
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        return response.Headers.Location!.OriginalString;
    }
}
