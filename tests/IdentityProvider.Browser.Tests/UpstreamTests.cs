using System.Net;

namespace IdentityProvider.Browser.Tests;

/// <summary>Sign-in by way of another provider, across sites: this server at <c>localhost</c>, the other provider and the app at <c>127.0.0.1</c>.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class UpstreamTests(Chromium chromium, UpstreamSites sites) : IClassFixture<UpstreamSites>
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Somebody_signs_in_to_an_app_by_way_of_another_provider(bool scripts)
    {
        await using var visitor = await chromium.VisitAsync(sites.Here, context => context.JavaScriptEnabled = scripts);
        var page = visitor.Page;
        await page.GotoAsync(sites.AuthorizeUrl);
        await Expect(page.Locator("#providers button")).ToHaveTextAsync("Continue with Contoso");

        await page.ClickAsync("#provider-contoso");
        await page.ArrivesAtAsync($"{sites.There.Issuer}/");
        await page.SignInAsync("dora");

        Assert.NotNull((await page.ReadAnswerAsync())["code"]);
        var cookies = await visitor.Context.CookiesAsync();
        Assert.DoesNotContain(cookies, cookie => cookie.Name.StartsWith("idp.upstream.", StringComparison.Ordinal));

        // Signed out here, the session there stays: the second time nobody is asked for anything.
        await page.GotoAsync("/account/logout");
        await page.ClickAsync("#logout-confirm");
        await page.GotoAsync(sites.AuthorizeUrl);
        await page.ClickAsync("#provider-contoso");
        Assert.NotNull((await page.ReadAnswerAsync())["code"]);
    }
}

/// <summary>Two providers and an app.</summary>
public sealed class UpstreamSites : IAsyncLifetime
{
    public TestHost Here { get; private set; } = null!;

    public TestHost There { get; private set; } = null!;

    public RelyingParty App { get; private set; } = null!;

    public string AuthorizeUrl =>
        $"{Here.Issuer}/connect/authorize?client_id=acme&redirect_uri={Uri.EscapeDataString(App.Callback)}&response_type=code&scope=openid%20profile&state=s"
        + "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

    public async Task InitializeAsync()
    {
        App = await RelyingParty.StartAsync();
        var socket = TestHost.Bind();
        var here = $"http://localhost:{((IPEndPoint)socket.LocalEndPoint!).Port}";
        There = await TestHost.StartAsync(options =>
        {
            options.Host = "127.0.0.1";
            options.ExtraSeed = Client("here", $"{here}/account/external/callback", """[{ "Username": "dora", "Password": "dora" }]""");
        });
        Here = await TestHost.StartAsync(options =>
        {
            options.Socket = socket;
            options.ExtraSeed = Client("acme", App.Callback, "[]");
            foreach (var (key, value) in new[] { ("Authority", There.Issuer), ("ClientId", "here"), ("ClientSecret", "the-secret"), ("DisplayName", "Contoso"), ("AllowRegistration", "true") })
            {
                options.Settings[$"Upstream:Providers:contoso:{key}"] = value;
            }
        });
    }

    public async Task DisposeAsync()
    {
        await Here.DisposeAsync();
        await There.DisposeAsync();
        await App.DisposeAsync();
    }

    private static string Client(string id, string callback, string users) =>
        $$"""
        {
          "Users": {{users}},
          "Clients": [{
            "ClientId": "{{id}}", "ClientSecrets": [{ "Plaintext": "the-secret" }], "AllowedGrantTypes": ["authorization_code"],
            "RedirectUris": ["{{callback}}"], "AllowedScopes": ["openid", "profile", "email"]
          }]
        }
        """;
}
