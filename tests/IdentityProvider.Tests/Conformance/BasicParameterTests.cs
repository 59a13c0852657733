using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Conformance;

/// <summary>Plans Basic OP and Form Post OP: parameters that change little or nothing, and those that are refused.</summary>
[Collection(ProviderCollection.Name)]
public sealed class BasicParameterTests(Provider provider)
{
    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-display-page")]
    public Task Display_page_causes_no_error(string responseMode) => SucceedsAsync(responseMode, ("display", "page"));

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-display-popup")]
    public Task Display_popup_causes_no_error(string responseMode) => SucceedsAsync(responseMode, ("display", "popup"));

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-ui-locales")]
    public Task Ui_locales_cause_no_error(string responseMode) => SucceedsAsync(responseMode, ("ui_locales", "se xx-unknown"));

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-claims-locales")]
    public Task Claims_locales_cause_no_error(string responseMode) => SucceedsAsync(responseMode, ("claims_locales", "se"));

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-ensure-request-with-unknown-parameter-succeeds")]
    public Task An_unknown_parameter_is_ignored(string responseMode) =>
        SucceedsAsync(responseMode, ("extra", "foobar"), ("a[b]", ""));

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-login-hint")]
    public async Task A_login_hint_causes_no_error_and_stands_on_the_page(string responseMode)
    {
        var (client, browser) = (provider.Client("web", responseMode), provider.NewBrowser());
        var request = client.Request(changes: ("login_hint", "alice@people.example"));

        var page = await browser.GetAsync(RelyingParty.AuthorizeUrl(request));

        Assert.Equal("alice@people.example", page.Document.GetElementById("username")?.GetAttribute("value"));
        await Flow.RunAsync(provider, client, request, await browser.SignInAsync(page, "alice@people.example", "alice"));
    }

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-ensure-request-with-acr-values-succeeds")]
    public async Task The_acr_is_one_of_those_requested(string responseMode)
    {
        var metadata = (await provider.GetAsync("/.well-known/openid-configuration")).Json;
        var supported = metadata.GetProperty("acr_values_supported").EnumerateArray().Select(item => item.GetString()!).ToArray();

        var flow = await Flow.RunAsync(
            provider, provider.Client("web", responseMode), provider.NewBrowser(), "openid", ("acr_values", string.Join(' ', supported)));

        Assert.Contains(flow.IdToken.GetProperty("acr").GetString(), supported);
    }

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported")]
    public async Task A_request_object_is_request_not_supported(string responseMode)
    {
        var (client, browser) = (provider.Client("web", responseMode), provider.NewBrowser());
        var inner = client.Request();
        var request = client.Request(changes: [("state", null), ("nonce", null), ("request", Unsigned(inner))]);

        var page = await browser.GetAsync(RelyingParty.AuthorizeUrl(request));

        FlowChecks.CheckError(provider, request, Callback.Of(page), "request_not_supported");
        Assert.False(await SupportsAsync("request_parameter_supported"));
    }

    [Theory]
    [InlineData("request", "request_not_supported")]
    [InlineData("request_uri", "request_uri_not_supported")]
    [InlineData("registration", "registration_not_supported")]
    public async Task What_is_not_supported_does_not_hide_behind_an_empty_value(string name, string error)
    {
        var (client, browser) = (provider.Client("web"), provider.NewBrowser());
        var request = client.Request();

        var page = await browser.GetAsync($"{RelyingParty.AuthorizeUrl(request)}&{name}=&{name}=x");

        FlowChecks.CheckError(provider, request, Callback.Of(page), error);
    }

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported")]
    public async Task A_request_uri_is_request_uri_not_supported(string responseMode)
    {
        var (client, browser) = (provider.Client("web", responseMode), provider.NewBrowser());
        var request = client.Request(changes: ("request_uri", "https://web.example/request.jwt"));

        var page = await browser.GetAsync(RelyingParty.AuthorizeUrl(request));

        FlowChecks.CheckError(provider, request, Callback.Of(page), "request_uri_not_supported");
        Assert.False(await SupportsAsync("request_uri_parameter_supported"));
    }

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-ensure-request-object-with-redirect-uri")]
    public async Task A_bad_redirect_uri_beside_a_request_object_ends_on_an_error_page(string responseMode)
    {
        var (client, browser) = (provider.Client("web", responseMode), provider.NewBrowser());
        var request = client.Request(changes: [("redirect_uri", "https://evil.example/callback"), ("request", Unsigned(client.Request()))]);

        var page = await browser.GetAsync(RelyingParty.AuthorizeUrl(request));

        Assert.Null(page.Leaves);
        Assert.Equal("invalid_request", page.ErrorCode);
    }

    private async Task SucceedsAsync(string responseMode, params (string Name, string? Value)[] changes) =>
        await Flow.RunAsync(provider, provider.Client("web", responseMode), provider.NewBrowser(), "openid", changes);

    private async Task<bool> SupportsAsync(string member) =>
        (await provider.GetAsync("/.well-known/openid-configuration")).Json.GetProperty(member).GetBoolean();

    private static string Unsigned(Dictionary<string, string> request) =>
        $"{Base64Url.EncodeToString("""{"alg":"none"}"""u8)}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(request)))}.";
}
