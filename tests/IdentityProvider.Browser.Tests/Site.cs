using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IdentityProvider.Accounts.Notifications;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace IdentityProvider.Browser.Tests;

/// <summary>The provider and an app on another site, for the tests of one class.</summary>
public class Site : IAsyncLifetime
{
    private const string Verifier = "the-verifier-of-the-browser-tests-0123456789";
    private static readonly string s_challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Verifier)));

    public TestHost Host { get; private set; } = null!;

    public RelyingParty App { get; private set; } = null!;

    public virtual async Task InitializeAsync()
    {
        App = await StartAppAsync();
        Host = await TestHost.StartAsync(options =>
        {
            options.ExtraSeed = Seed(App);
            Configure(options);
        });
        App.AuthorizeUrl = AuthorizeUrl("printshop");
    }

    public virtual async Task DisposeAsync()
    {
        await Host.DisposeAsync();
        await App.DisposeAsync();
    }

    /// <summary>An authorization request of one of the app's clients; further parameters replace these.</summary>
    public string AuthorizeUrl(string client = "acme", params (string Name, string Value)[] more) =>
        Host.Issuer + "/connect/authorize" + QueryString.Create(AuthorizeParameters(client, more).Select(p => KeyValuePair.Create<string, string?>(p.Name, p.Value)));

    public (string Name, string Value)[] AuthorizeParameters(string client = "acme", params (string Name, string Value)[] more)
    {
        (string Name, string Value)[] usual =
        [
            ("client_id", client), ("redirect_uri", App.Callback), ("response_type", "code"), ("scope", "openid profile email"),
            ("state", "af0ifjsldkj"), ("code_challenge", s_challenge), ("code_challenge_method", "S256"),
        ];
        return [.. usual.Where(one => more.All(other => other.Name != one.Name)), .. more];
    }

    /// <summary>What the app's server does with a code.</summary>
    public async Task<JsonElement> RedeemAsync(string code, string client = "acme")
    {
        List<(string Name, string Value)> fields =
        [
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", App.Callback), ("code_verifier", Verifier), ("client_id", client),
        ];
        if (client != "desktop")
        {
            fields.Add(("client_secret", $"{client}-secret"));
        }

        using var response = await Host.Http.PostAsync("/connect/token", [.. fields]);
        return await response.ReadJsonAsync();
    }

    /// <summary>The mail of this number to an address, of those with this in their subject, once it is there.</summary>
    public async Task<MailMessage> MailAsync(string address, int number = 1, string subject = "")
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (true)
        {
            var mails = Host.Services.GetRequiredService<DevelopmentMailbox>().Mails.Select(mail => mail.Message)
                .Where(mail => mail.To == address && mail.Subject.Contains(subject, StringComparison.Ordinal)).ToList();
            if (mails.Count >= number)
            {
                return mails[number - 1];
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token);
        }
    }

    protected virtual Task<RelyingParty> StartAppAsync() => RelyingParty.StartAsync();

    protected virtual void Configure(TestHostOptions options)
    {
    }

    private static string Seed(RelyingParty app) =>
        $$"""
        {
          "Users": [{ "Username": "carol", "Password": "carol", "Email": "carol@example.com" },
            { "Username": "dave", "Password": "dave" }, { "Username": "erin", "Password": "erin" }, { "Username": "frank", "Password": "frank" }, { "Username": "grace", "Password": "grace" }, { "Username": "heidi", "Password": "heidi" }, { "Username": "ivan", "Password": "ivan" }],
          "Clients": [
            {
              "ClientId": "acme", "ClientName": "Acme Web", "ClientUri": "{{app.Origin}}/", "ClientSecrets": [{ "Plaintext": "acme-secret" }],
              "AllowedGrantTypes": ["authorization_code"], "RedirectUris": ["{{app.Callback}}"], "PostLogoutRedirectUris": ["{{app.Bye}}"],
              "AllowedScopes": ["openid", "profile", "email"]
            },
            {
              "ClientId": "printshop", "ClientName": "Print Shop", "ClientUri": "{{app.Origin}}/", "LogoUri": "{{app.Origin}}/logo.svg",
              "InitiateLoginUri": "{{app.Origin}}/start", "ClientSecrets": [{ "Plaintext": "printshop-secret" }], "RequireConsent": true,
              "AllowedGrantTypes": ["authorization_code"], "RedirectUris": ["{{app.Callback}}"], "PostLogoutRedirectUris": ["{{app.Bye}}"],
              "AllowedScopes": ["openid", "profile", "email"]
            },
            {
              "ClientId": "desktop", "ClientName": "Acme Desktop", "ApplicationType": "native", "RequireClientSecret": false,
              "AllowedGrantTypes": ["authorization_code"], "RedirectUris": ["http://127.0.0.1/callback"],
              "AllowedScopes": ["openid", "profile", "email"]
            }
          ]
        }
        """;
}
