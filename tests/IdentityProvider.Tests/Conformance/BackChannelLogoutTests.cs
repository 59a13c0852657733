using System.Text.Json;
using IdentityProvider.Tests.Support;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using Xunit;

namespace IdentityProvider.Tests.Conformance;

/// <summary>Plan Back-Channel OP.</summary>
public sealed class BackChannelLogoutTests : LogoutProvider
{
    private const string Event = "http://schemas.openid.net/event/backchannel-logout";

    [Fact]
    [Trait("module", "oidcc-backchannel-logout-discovery-endpoint-verification")]
    public async Task Discovery_says_that_logout_is_told_with_the_session()
    {
        var metadata = (await Provider.GetAsync("/.well-known/openid-configuration")).Json;

        Assert.True(metadata.GetProperty("backchannel_logout_supported").GetBoolean());
        Assert.True(metadata.GetProperty("backchannel_logout_session_supported").GetBoolean());
        Assert.Equal(Provider.Issuer + "/connect/endsession", metadata.GetProperty("end_session_endpoint").GetString());
    }

    [Theory]
    [InlineData("back", "RS256")]
    [InlineData("back2", "ES256")]
    [Trait("module", "oidcc-backchannel-rp-initiated-logout")]
    public async Task A_logout_reaches_the_client_with_a_token_that_holds_and_the_person_goes_back(string clientId, string algorithm)
    {
        var browser = Provider.NewBrowser();
        var idToken = Jwt.Claims(await SignInAsync(browser, clientId));
        var hint = await SignInAsync(browser, clientId);

        var page = await LogoutAsync(
            browser, ("id_token_hint", hint), ("post_logout_redirect_uri", $"https://{clientId}.example/signed-out"), ("state", "s"));

        Assert.Equal($"https://{clientId}.example/signed-out?state=s", page.Leaves);
        var received = await Receiver.NextAsync();
        Assert.Equal(clientId, received.Path);
        Assert.Equal("application/x-www-form-urlencoded", received.ContentType);
        Assert.Equal(["logout_token"], received.Form.Keys);
        await CheckAsync(received.Token, clientId, algorithm, idToken);
        var request = Provider.Client(clientId).Request(changes: ("prompt", "none"));
        FlowChecks.CheckError(Provider, request, Callback.Of(await browser.GetAsync(RelyingParty.AuthorizeUrl(request))), "login_required");
    }

    /// <summary>Back-Channel Logout §2.6, as a careful client does it.</summary>
    private async Task CheckAsync(string token, string clientId, string algorithm, JsonElement idToken)
    {
        var keys = await FlowChecks.CheckKeysAsync(Provider);
        var result = await new JsonWebTokenHandler().ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = Provider.Issuer,
            ValidAudience = clientId,
            IssuerSigningKeys = keys.GetSigningKeys(),
            TryAllIssuerSigningKeys = false,
            ValidAlgorithms = [algorithm],
            ValidTypes = ["logout+jwt"],
            ValidateLifetime = false,
        });
        Assert.True(result.IsValid, result.Exception?.ToString());

        var claims = Jwt.Claims(token);
        Assert.Equal(["aud", "events", "exp", "iat", "iss", "jti", "sid", "sub"], claims.EnumerateObject().Select(claim => claim.Name).Order());
        var (now, issued) = (Provider.Time.GetUtcNow().ToUnixTimeSeconds(), claims.GetProperty("iat").GetInt64());
        Assert.InRange(issued, now - 60, now);
        Assert.InRange(claims.GetProperty("exp").GetInt64(), issued + 1, issued + 120);
        Assert.Equal(idToken.GetProperty("sid").GetString(), claims.GetProperty("sid").GetString());
        Assert.Equal(idToken.GetProperty("sub").GetString(), claims.GetProperty("sub").GetString());
        Assert.Matches("^[A-Za-z0-9_-]{22}$", claims.GetProperty("jti").GetString());
        var happened = Assert.Single(claims.GetProperty("events").EnumerateObject());
        Assert.Equal((Event, "{}"), (happened.Name, happened.Value.GetRawText()));
    }
}
