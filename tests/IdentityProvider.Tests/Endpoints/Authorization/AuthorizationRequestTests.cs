using System.Net;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Endpoints.Authorization;

/// <summary>RFC 6749 §4.1.2.1: which errors go to the client, and which stay here.</summary>
[Collection(ProviderCollection.Name)]
public sealed class AuthorizationRequestTests(Provider provider)
{
    [Theory]
    [InlineData("response_type", "token", "unsupported_response_type")]
    [InlineData("response_type", "id_token", "unsupported_response_type")]
    [InlineData("response_type", "code id_token", "unsupported_response_type")]
    [InlineData("response_type", "", "invalid_request")]
    [InlineData("response_mode", "carrier_pigeon", "invalid_request")]
    [InlineData("scope", null, "invalid_scope")]
    [InlineData("scope", "openid unheard.of", "invalid_scope")]
    [InlineData("scope", "openid off", "invalid_scope")]
    [InlineData("scope", "openid OPENID", "invalid_scope")]
    [InlineData("registration", "{}", "registration_not_supported")]
    public async Task An_error_of_the_request_goes_to_the_client(string parameter, string? value, string error)
    {
        var request = provider.Client("web").Request(changes: (parameter, value));

        var page = await provider.NewBrowser().GetAsync(RelyingParty.AuthorizeUrl(request));

        request.Remove("response_mode"); // an unknown mode is answered by the default one
        FlowChecks.CheckError(provider, request, Callback.Of(page), error);
    }

    [Theory]
    [InlineData("client_id", null, "invalid_request")]
    [InlineData("client_id", "nobody", "invalid_client")]
    [InlineData("client_id", "WEB", "invalid_client")]
    [InlineData("client_id", "disabled", "invalid_client")]
    [InlineData("redirect_uri", null, "invalid_request")]
    [InlineData("redirect_uri", "https://web2.example/callback", "invalid_request")]
    public async Task An_error_of_client_or_redirect_uri_stays_here(string parameter, string? value, string error)
    {
        var request = provider.Client("web").Request(changes: (parameter, value));
        foreach (var page in new[]
        {
            await provider.NewBrowser().GetAsync(RelyingParty.AuthorizeUrl(request)),
            await provider.NewBrowser().PostAsync("/connect/authorize", request),
        })
        {
            Assert.Equal((null, HttpStatusCode.BadRequest, error), (page.Leaves, page.Status, page.ErrorCode));
            Assert.Equal("no-store", page.Header("Cache-Control"));
            Assert.Contains("frame-ancestors 'none'", page.Header("Content-Security-Policy"), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("fragment")]
    [InlineData("query")]
    [InlineData("form_post")]
    public async Task Every_response_mode_that_is_advertised_works(string mode)
    {
        var client = provider.Client("web");
        var request = client.Request(changes: ("response_mode", mode));

        FlowChecks.CheckCode(provider, request, Callback.Of(await provider.NewBrowser().CompleteAsync(RelyingParty.AuthorizeUrl(request))));
    }

    /// <summary>Names of parameters are told apart by case, and unknown ones ignored (RFC 6749 §3.1).</summary>
    [Fact]
    public async Task A_name_in_another_case_is_another_parameter()
    {
        var client = provider.Client("web");
        var request = client.Request();

        var page = await provider.NewBrowser().CompleteAsync("/connect/authorize?Nonce=x&State=y&SCOPE=z&" + RelyingParty.AuthorizeUrl(request).Split('?')[1]);

        FlowChecks.CheckCode(provider, request, Callback.Of(page));
        Assert.Equal(request["nonce"], Jwt.Claims((await client.RedeemAsync(Callback.Of(page))).Succeeds().IdToken).GetProperty("nonce").GetString());
    }

    [Fact]
    public async Task An_error_of_a_known_client_names_it_and_leads_back_to_it_and_not_to_what_the_request_says()
    {
        var request = provider.Client("partner").Request(changes: ("redirect_uri", "https://evil.example/callback"));

        var page = await provider.NewBrowser().GetAsync(RelyingParty.AuthorizeUrl(request));

        var link = page.Document.GetElementById("client-link")!;
        Assert.Equal("https://partner.example", link.GetAttribute("href"));
        Assert.Contains("Partner", link.TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("evil.example", page.Document.QuerySelector("main")!.InnerHtml, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_query_of_a_redirect_uri_is_kept()
    {
        var request = provider.Client("web").Request(changes: ("redirect_uri", "https://web.example/other?tenant=a"));

        var page = await provider.NewBrowser().CompleteAsync(RelyingParty.AuthorizeUrl(request));

        Assert.StartsWith("https://web.example/other?tenant=a&code=", page.Leaves, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_state_the_response_has_none()
    {
        var request = provider.Client("web").Request(changes: ("state", null));

        FlowChecks.CheckCode(provider, request, Callback.Of(await provider.NewBrowser().CompleteAsync(RelyingParty.AuthorizeUrl(request))));
    }

    [Fact]
    public async Task Every_client_sees_another_sid_and_each_its_own_again()
    {
        var browser = provider.NewBrowser();

        var first = Sid(await provider.Client("web").SignInAsync(browser));
        var other = Sid(await provider.Client("web2").SignInAsync(browser));
        var again = Sid(await provider.Client("web").SignInAsync(browser));
        var elsewhere = Sid(await provider.Client("web").SignInAsync(provider.NewBrowser()));

        Assert.Equal(first, again);
        Assert.Equal(3, new[] { first, other, elsewhere }.Distinct().Count());
    }

    [Fact]
    public async Task The_subject_is_the_same_everywhere()
    {
        var web = Jwt.Claims((await provider.Client("web").SignInAsync(provider.NewBrowser())).IdToken);
        var spa = Jwt.Claims((await provider.Client("spa").SignInAsync(provider.NewBrowser())).IdToken);

        Assert.Equal("018f3c1e-7a10-7000-8000-00000000a11c", web.GetProperty("sub").GetString());
        Assert.Equal(web.GetProperty("sub").GetString(), spa.GetProperty("sub").GetString());
    }

    private static string? Sid(Answer tokens) => Jwt.Claims(tokens.IdToken).GetProperty("sid").GetString();
}
