using System.Net;
using Xunit;

namespace IdentityProvider.Tests.Hosting;

public sealed class HeaderTests
{
    [Fact]
    [Trait("row", "S8")]
    public async Task Answers_under_an_https_issuer_carry_hsts_unless_it_is_loopback()
    {
        await using var local = await TestHost.StartAsync(options => options.Https = true);
        using var plain = await local.Http.GetAsync("/health/live");
        Assert.False(plain.Headers.Contains("Strict-Transport-Security"));

        Assert.Equal("max-age=31536000; includeSubDomains", await PolicyAsync(_ => { }));
        Assert.Equal("max-age=31536000", await PolicyAsync(settings => settings["Hsts:IncludeSubDomains"] = "false"));
    }

    [Fact]
    public async Task Forms_work_behind_a_proxy_that_says_nothing_of_TLS()
    {
        await using var host = await TestHost.StartAsync(options => options.Settings["Issuer"] = "https://id.example.com");
        using var browser = host.NewClient(cookies: false);

        using var page = await browser.GetAsync("/account/login");
        var cookies = page.Headers.GetValues("Set-Cookie").ToList();
        Assert.Contains(cookies, cookie => cookie.StartsWith("__Host-idp.af=", StringComparison.Ordinal));
        Assert.All(cookies, cookie => Assert.Contains("; secure", cookie, StringComparison.OrdinalIgnoreCase));

        var token = System.Text.RegularExpressions.Regex.Match(await page.Content.ReadAsStringAsync(), "__RequestVerificationToken\" type=\"hidden\" value=\"([^\"]+)").Groups[1].Value;
        using var form = new HttpRequestMessage(HttpMethod.Post, "/account/login");
        form.Headers.Add("Cookie", string.Join("; ", cookies.Select(cookie => cookie[..cookie.IndexOf(';', StringComparison.Ordinal)])));
        form.Content = new FormUrlEncodedContent([new("username", "alice"), new("password", "alice"), new("__RequestVerificationToken", token)]);
        using var answer = await browser.SendAsync(form);
        Assert.Contains(answer.Headers.GetValues("Set-Cookie"), cookie => cookie.StartsWith("__Host-idp.session=", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_host_header_never_decides_the_issuer()
    {
        await using var host = await TestHost.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/.well-known/openid-configuration");
        request.Headers.Host = "evil.example";
        request.Headers.Add("X-Forwarded-Host", "evil.example");

        using var response = await host.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.DoesNotContain("evil", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_says_which_server_this_is()
    {
        await using var host = await TestHost.StartAsync();

        using var response = await host.Http.GetAsync("/");

        Assert.False(response.Headers.Contains("Server"));
        Assert.False(response.Headers.Contains("X-Powered-By"));
    }

    private static async Task<string> PolicyAsync(Action<Dictionary<string, string>> change)
    {
        await using var host = await TestHost.StartAsync(options =>
        {
            options.Settings["Issuer"] = "https://id.example.com";
            change(options.Settings);
        });
        using var secure = await host.NewClient(false).GetAsync(new Uri(host.Address, "/health/live"));
        return Assert.Single(secure.Headers.GetValues("Strict-Transport-Security"));
    }
}
