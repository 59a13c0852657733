namespace IdentityProvider.Browser.Tests;

/// <summary>The same pages under an https issuer.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class HttpsTests(Chromium chromium)
{
    [Fact]
    public async Task Under_https_every_cookie_is_secure_and_bound_to_this_host()
    {
        await using var host = await TestHost.StartAsync(options => options.Https = true);
        await using var alice = await chromium.VisitAsync(host, context => context.IgnoreHTTPSErrors = true);

        await alice.Page.GotoAsync(
            "/connect/authorize?client_id=partner&response_type=code&scope=openid&redirect_uri=https%3A%2F%2Fpartner.example%2Fcallback"
            + "&code_challenge_method=S256&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        await alice.Page.SignInAsync();
        await alice.Page.HasHeadingAsync("Allow Partner access?");

        var cookies = await alice.Context.CookiesAsync();
        Assert.Equal(
            ["__Host-idp.af", "__Host-idp.browser", "__Host-idp.device", "__Host-idp.last-method", "__Host-idp.passkey", "__Host-idp.session"],
            cookies.Select(cookie => cookie.Name).Order(StringComparer.Ordinal));
        Assert.All(cookies, cookie =>
        {
            Assert.True(cookie.Secure);
            Assert.True(cookie.HttpOnly);
            Assert.Equal(SameSiteAttribute.Lax, cookie.SameSite);
            Assert.Equal(("localhost", "/"), (cookie.Domain, cookie.Path));
        });
    }

    [Theory]
    [InlineData("https://id.example", "max-age=31536000")]
    [InlineData(null, null)]
    public async Task A_browser_is_told_to_stay_with_https_except_on_loopback(string? issuer, string? expected)
    {
        await using var host = await TestHost.StartAsync(options =>
        {
            options.Https = true;
            if (issuer is not null)
            {
                options.Settings["Issuer"] = issuer;
            }
        });
        await using var alice = await chromium.VisitAsync(host, context => context.IgnoreHTTPSErrors = true);

        var response = (await alice.Page.GotoAsync("/account/login"))!;

        Assert.Equal(expected, (await response.HeaderValueAsync("strict-transport-security"))?.Split(';')[0]);
    }
}
