using System.Net;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Endpoints.Authorization;

/// <summary>RFC 8252.</summary>
[Collection(ProviderCollection.Name)]
public sealed class NativeClientTests(Provider provider)
{
    [Theory]
    [InlineData("http://127.0.0.1:49152/callback")]
    [InlineData("http://127.0.0.1:1/callback")]
    [InlineData("http://127.0.0.1/callback")]
    [InlineData("com.example.app:/callback")]
    public async Task The_port_of_a_loopback_redirect_is_free(string redirectUri)
    {
        var browser = provider.NewBrowser();
        var page = await browser.CompleteAsync(Url(("redirect_uri", redirectUri)));

        var callback = Callback.Of(page);
        Assert.Equal(redirectUri, callback.Target);
        Assert.NotNull(callback["code"]);
    }

    [Theory]
    [InlineData("http://localhost:49152/callback")]
    [InlineData("http://127.0.0.1:49152/other")]
    [InlineData("http://127.0.0.1:49152/callback?x=1")]
    [InlineData("http://127.0.0.1.evil.example/callback")]
    [InlineData("http://127.0.0.1:49152@evil.example/callback")]
    [InlineData("https://127.0.0.1:49152/callback")]
    [InlineData("http://127.0.0.2:49152/callback")]
    [InlineData("com.example.app:/other")]
    [InlineData("com.example.app://callback")]
    public async Task Everything_else_of_the_redirect_is_exact(string redirectUri)
    {
        var page = await provider.NewBrowser().GetAsync(Url(("redirect_uri", redirectUri)));

        Assert.Equal((null, HttpStatusCode.BadRequest, "invalid_request"), (page.Leaves, page.Status, page.ErrorCode));
    }

    [Fact]
    public async Task A_native_client_is_never_answered_without_a_click()
    {
        var browser = provider.NewBrowser();
        await browser.CompleteAsync(Url());

        var again = await browser.GetAsync(Url());

        Assert.True(again.IsConsent);
        Assert.NotNull(Callback.Of(await browser.SubmitAsync(again, "consent-allow"))["code"]);
    }

    [Fact]
    public async Task Prompt_none_of_a_native_client_is_interaction_required()
    {
        var browser = provider.NewBrowser();
        await browser.CompleteAsync(Url());
        var request = provider.Client("native").Request(changes: ("prompt", "none"));

        var page = await browser.GetAsync(RelyingParty.AuthorizeUrl(request));

        FlowChecks.CheckError(provider, request, Callback.Of(page), "interaction_required");
    }

    [Fact]
    public async Task A_person_can_refuse_a_native_client()
    {
        var (client, browser) = (provider.Client("native"), provider.NewBrowser());
        var request = client.Request();
        var page = await browser.SignInAsync(await browser.GetAsync(RelyingParty.AuthorizeUrl(request)));

        FlowChecks.CheckError(provider, request, Callback.Of(await browser.SubmitAsync(page, "consent-deny")), "access_denied");
    }

    [Fact]
    public async Task A_web_client_has_no_free_port()
    {
        var request = provider.Client("web").Request(changes: ("redirect_uri", "https://web.example:8443/callback"));

        Assert.Null((await provider.NewBrowser().GetAsync(RelyingParty.AuthorizeUrl(request))).Leaves);
    }

    private string Url(params (string Name, string? Value)[] changes) => RelyingParty.AuthorizeUrl(provider.Client("native").Request(changes: changes));
}
