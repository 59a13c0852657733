using System.Net;
using System.Security.Authentication;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

/// <summary>A back-channel logout as in Production: by https, to a server whose certificate has to hold.</summary>
public sealed class TlsLogoutTests
{
    [Fact]
    public async Task A_logout_reaches_a_client_whose_authority_the_system_trusts()
    {
        await using var receiver = await TlsReceiver.StartAsync();
        await using var installation = await InstallationAsync(receiver);
        var authorities = Path.Combine(installation.Seed, "authorities.pem");
        await File.WriteAllTextAsync(authorities, receiver.AuthorityPem);
        await using var server = await IdpProcess.ServeAsync(installation.Settings, "Production", ("SSL_CERT_FILE", authorities));

        await SignInAndOutAsync(server);

        var claims = JsonDocument.Parse(WebEncoders.Base64UrlDecode((await receiver.NextAsync()).Split('.')[1])).RootElement;
        Assert.Equal("told", claims.GetProperty("aud").GetString());
        Assert.Equal(Installation.Issuer, claims.GetProperty("iss").GetString());
        Assert.True(receiver.Protocol is SslProtocols.Tls12 or SslProtocols.Tls13, $"{receiver.Protocol}");
    }

    [Fact]
    public async Task A_server_whose_certificate_does_not_hold_is_told_nothing()
    {
        await using var receiver = await TlsReceiver.StartAsync();
        await using var installation = await InstallationAsync(receiver);
        await using var server = await IdpProcess.ServeAsync(installation.Settings);

        await SignInAndOutAsync(server);

        await Eventually.BecomesTrueAsync(
            () => server.Lines.Any(line => line.Contains("certificate", StringComparison.Ordinal)), "The log says that the certificate does not hold");
        Assert.True(receiver.IsEmpty);
        Assert.Equal(1, await installation.ReadAsync<long>("SELECT count(*) FROM outbox WHERE kind = 'backchannel_logout'"));
    }

    private static async Task<Installation> InstallationAsync(TlsReceiver receiver)
    {
        var installation = await Installation.CreateAsync();
        await File.WriteAllTextAsync(
            Path.Combine(installation.Seed, "3.json"),
            $$"""
            {
              "Clients": [
                {
                  "ClientId": "told", "ClientSecrets": [{ "Plaintext": "told-secret" }], "AllowedGrantTypes": ["authorization_code"],
                  "RedirectUris": ["https://told.example/callback"], "AllowedScopes": ["openid", "profile", "api.read"], "AllowOfflineAccess": true,
                  "BackChannelLogoutUri": "{{receiver.Url}}"
                }
              ]
            }
            """);
        installation.Settings["Seed:Path"] = installation.Seed;
        installation.Settings["Outbound:AllowedNetworks:0"] = "127.0.0.0/8";
        return installation;
    }

    private static async Task SignInAndOutAsync(IdpProcess server)
    {
        using var browser = server.NewClient();
        await browser.SignInAsync();
        var tokens = await new App("told", "told-secret", "https://told.example/callback").TokensAsync(browser);
        using var answer = await browser.GetAsync(QueryHelpers.AddQueryString("/connect/endsession", "id_token_hint", tokens["id_token"]));
        Assert.Equal(HttpStatusCode.SeeOther, answer.StatusCode);
        Assert.Contains("logged-out", answer.Headers.Location!.OriginalString, StringComparison.Ordinal);
    }
}
