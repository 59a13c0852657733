using IdentityProvider.Tests.Support;
using Microsoft.AspNetCore.WebUtilities;
using Xunit;

namespace IdentityProvider.Tests.Conformance;

/// <summary>Plan RP-Initiated Logout OP.</summary>
[Collection(ProviderCollection.Name)]
public sealed class RpInitiatedLogoutTests(Provider provider)
{
    private const string SignedOut = "https://web.example/signed-out";

    [Fact]
    [Trait("module", "oidcc-rp-initiated-logout-discovery-endpoint-verification")]
    public async Task Discovery_names_an_https_end_session_endpoint()
    {
        var metadata = (await provider.GetAsync("/.well-known/openid-configuration")).Json;

        Assert.Equal(provider.Issuer + "/connect/endsession", metadata.GetProperty("end_session_endpoint").GetString());
    }

    [Fact]
    [Trait("module", "oidcc-rp-initiated-logout")]
    public async Task A_hint_with_a_registered_redirect_uri_logs_out_and_returns_the_state()
    {
        var (browser, flow) = await SignedInAsync();
        var state = RelyingParty.Handle(96);
        Assert.Equal(128, state.Length);

        var page = await LogoutAsync(browser, ("id_token_hint", flow.Tokens.IdToken), ("post_logout_redirect_uri", SignedOut), ("state", state));

        Assert.Equal($"{SignedOut}?state={state}", page.Leaves);
        await IsSignedOutAsync(browser);
    }

    [Fact]
    [Trait("module", "oidcc-rp-initiated-logout-no-state")]
    public async Task Without_state_the_redirect_has_none()
    {
        var (browser, flow) = await SignedInAsync();

        var page = await LogoutAsync(browser, ("id_token_hint", flow.Tokens.IdToken), ("post_logout_redirect_uri", SignedOut));

        Assert.Equal(SignedOut, page.Leaves);
        await IsSignedOutAsync(browser);
    }

    [Fact]
    [Trait("module", "oidcc-rp-initiated-logout-bad-post-logout-redirect-uri")]
    public Task An_unregistered_redirect_uri_is_never_followed() => NeverLeavesAsync(
        flow => [("id_token_hint", flow.Tokens.IdToken), ("post_logout_redirect_uri", "https://evil.example/signed-out"), ("state", "s")]);

    [Fact]
    [Trait("module", "oidcc-rp-initiated-logout-query-added-to-post-logout-redirect-uri")]
    public Task A_redirect_uri_with_a_query_added_is_never_followed() => NeverLeavesAsync(
        flow => [("id_token_hint", flow.Tokens.IdToken), ("post_logout_redirect_uri", SignedOut + "?foo=bar"), ("state", "s")]);

    [Fact]
    [Trait("module", "oidcc-rp-initiated-logout-modified-id-token-hint")]
    [Trait("row", "T9")]
    public Task An_unsigned_hint_is_never_believed() => NeverLeavesAsync(
        flow => [("id_token_hint", Jwt.Unsigned(flow.Tokens.IdToken)), ("post_logout_redirect_uri", SignedOut), ("state", "s")]);

    [Fact]
    [Trait("module", "oidcc-rp-initiated-logout-bad-id-token-hint")]
    public Task A_hint_of_another_signer_is_never_believed() => NeverLeavesAsync(
        flow => [("id_token_hint", Jwt.SignedByStranger(flow.Tokens.IdToken)), ("post_logout_redirect_uri", SignedOut), ("state", "s")]);

    [Fact]
    [Trait("module", "oidcc-rp-initiated-logout-no-id-token-hint")]
    public Task Without_a_hint_the_redirect_uri_is_not_followed() => NeverLeavesAsync(
        _ => [("post_logout_redirect_uri", SignedOut), ("state", "s")]);

    [Fact]
    [Trait("module", "oidcc-rp-initiated-logout-no-params")]
    public async Task Without_parameters_the_person_is_asked_and_logged_out()
    {
        var (browser, _) = await SignedInAsync();

        await ConfirmAsync(browser, await LogoutAsync(browser));
    }

    [Fact]
    [Trait("module", "oidcc-rp-initiated-logout-only-state")]
    public async Task With_state_alone_the_person_is_asked_and_logged_out()
    {
        var (browser, _) = await SignedInAsync();

        await ConfirmAsync(browser, await LogoutAsync(browser, ("state", "s")));
    }

    [Fact]
    [Trait("module", "oidcc-rp-initiated-logout-no-post-logout-redirect-uri")]
    public async Task With_a_hint_alone_the_person_is_logged_out_and_told()
    {
        var (browser, flow) = await SignedInAsync();

        var page = await LogoutAsync(browser, ("id_token_hint", flow.Tokens.IdToken));

        Assert.True(page.IsLoggedOut);
        await IsSignedOutAsync(browser);
    }

    private async Task<(Browser Browser, Flow Flow)> SignedInAsync()
    {
        var browser = provider.NewBrowser();
        return (browser, await Flow.RunAsync(provider, provider.Client("web"), browser));
    }

    private static Task<Page> LogoutAsync(Browser browser, params (string Name, string Value)[] parameters) =>
        browser.GetAsync(QueryHelpers.AddQueryString("/connect/endsession", parameters.ToDictionary(p => p.Name, p => (string?)p.Value)));

    /// <summary>The person is asked; the session is still there.</summary>
    private async Task NeverLeavesAsync(Func<Flow, (string Name, string Value)[]> parameters)
    {
        var (browser, flow) = await SignedInAsync();

        var page = await LogoutAsync(browser, parameters(flow));

        Assert.Null(page.Leaves);
        Assert.True(page.IsLogoutQuestion || page.ErrorCode is not null);
        var stillThere = await browser.GetAsync(RelyingParty.AuthorizeUrl(provider.Client("web").Request(changes: ("prompt", "none"))));
        Assert.NotNull(Callback.Of(stillThere)["code"]);
    }

    private async Task ConfirmAsync(Browser browser, Page question)
    {
        Assert.True(question.IsLogoutQuestion);

        var page = await browser.SubmitAsync(question, "logout-confirm");

        Assert.True(page.IsLoggedOut);
        await IsSignedOutAsync(browser);
    }

    private async Task IsSignedOutAsync(Browser browser)
    {
        var request = provider.Client("web").Request(changes: ("prompt", "none"));
        FlowChecks.CheckError(provider, request, Callback.Of(await browser.GetAsync(RelyingParty.AuthorizeUrl(request))), "login_required");
    }
}
