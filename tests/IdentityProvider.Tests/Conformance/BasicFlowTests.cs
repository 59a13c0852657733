using System.Net;
using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Conformance;

/// <summary>Plans Basic OP and Form Post OP: the flow itself.</summary>
[Collection(ProviderCollection.Name)]
public sealed class BasicFlowTests(Provider provider)
{
    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-server")]
    public async Task The_code_flow_yields_tokens_and_userinfo(string responseMode)
    {
        var flow = await Flow.RunAsync(provider, provider.Client("web", responseMode), provider.NewBrowser());

        Assert.Equal(Jwt.LeftHalf(flow.Tokens.AccessToken), flow.IdToken.GetProperty("at_hash").GetString());
        Assert.Equal(provider.Time.GetUtcNow().ToUnixTimeSeconds(), flow.IdToken.GetProperty("iat").GetInt64());
    }

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-response-type-missing")]
    public async Task A_missing_response_type_is_invalid_request_at_the_client(string responseMode)
    {
        var request = provider.Client("web", responseMode).Request(changes: ("response_type", null));

        var page = await provider.NewBrowser().GetAsync(RelyingParty.AuthorizeUrl(request));

        FlowChecks.CheckError(provider, request, Callback.Of(page), "invalid_request");
    }

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-idtoken-signature")]
    public async Task An_ID_token_of_a_client_that_asks_for_no_algorithm_is_RS256_and_names_its_key(string responseMode)
    {
        var flow = await Flow.RunAsync(provider, provider.Client("web", responseMode), provider.NewBrowser());

        var header = Jwt.Header(flow.Tokens.IdToken);
        Assert.Equal("RS256", header.GetProperty("alg").GetString());
        var keys = await FlowChecks.CheckKeysAsync(provider);
        Assert.Contains(keys.Keys, key => key.Kid == header.GetProperty("kid").GetString() && key is { Kty: "RSA", Alg: "RS256", Use: "sig" });
    }

    [Fact]
    [Trait("module", "oidcc-idtoken-unsigned")]
    [Trait("row", "T9")]
    public async Task Unsigned_ID_tokens_are_not_offered()
    {
        var metadata = (await provider.GetAsync("/.well-known/openid-configuration")).Json;

        Assert.DoesNotContain("none", metadata.GetProperty("id_token_signing_alg_values_supported").EnumerateArray().Select(item => item.GetString()));
    }

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-ensure-request-without-nonce-succeeds-for-code-flow")]
    public async Task A_request_without_nonce_yields_an_ID_token_without_nonce(string responseMode)
    {
        var flow = await Flow.RunAsync(provider, provider.Client("web", responseMode), provider.NewBrowser(), "openid", ("nonce", null));

        Assert.False(flow.IdToken.TryGetProperty("nonce", out _));
    }

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-alternate-happy-flow")]
    public async Task The_order_of_scopes_and_parameters_does_not_matter(string responseMode)
    {
        var client = provider.Client("web", responseMode);
        var request = client.Request("phone address email profile openid").Reverse().ToDictionary();

        var flow = await Flow.RunAsync(provider, client, request, await provider.NewBrowser().CompleteAsync(RelyingParty.AuthorizeUrl(request)));

        Assert.False(flow.IdToken.TryGetProperty("name", out _));
        Assert.False(flow.IdToken.TryGetProperty("email", out _));
    }

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-ensure-registered-redirect-uri")]
    public async Task An_unregistered_redirect_uri_ends_on_an_error_page_and_nowhere_else(string responseMode)
    {
        var client = provider.Client("web", responseMode);
        foreach (var uri in new[]
        {
            "https://evil.example/callback", "https://web.example/callback/", "https://web.example/callback?x=1", "https://web.example/Callback",
            "https://web.example/other", "https://web.example/other?tenant=b", "https://web.example/other?tenant=a&x=1", "http://web.example/callback",
            "https://web.example:443/callback", "https://web.example/callback#x", "https://web.example/callback/../callback", "javascript:alert(1)", "callback",
        })
        {
            var page = await provider.NewBrowser().GetAsync(RelyingParty.AuthorizeUrl(client.Request(changes: ("redirect_uri", uri))));

            Assert.Equal((null, HttpStatusCode.BadRequest, "invalid_request"), (page.Leaves, page.Status, page.ErrorCode));
            Assert.Equal("text/html", page.Response.Content.Headers.ContentType?.MediaType);
            Assert.Contains("invalid redirect_uri", page.ErrorDescription, StringComparison.Ordinal);
            Assert.DoesNotContain("evil.example", page.Text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-ensure-post-request-succeeds")]
    public async Task A_request_by_POST_succeeds(string responseMode)
    {
        var (client, browser) = (provider.Client("web", responseMode), provider.NewBrowser());
        var request = client.Request();

        var page = await browser.PostAsync("/connect/authorize", request);

        Assert.True(page.IsSignIn);
        await Flow.RunAsync(provider, client, request, await browser.SignInAsync(page));
    }

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-server-client-secret-post")]
    public async Task A_client_authenticates_by_client_secret_post(string responseMode)
    {
        var metadata = (await provider.GetAsync("/.well-known/openid-configuration")).Json;
        Assert.Contains("client_secret_post", metadata.GetProperty("token_endpoint_auth_methods_supported").EnumerateArray().Select(item => item.GetString()));

        await Flow.RunAsync(provider, provider.Client("web-post", responseMode), provider.NewBrowser());
    }

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-ensure-request-with-valid-pkce-succeeds")]
    public async Task A_request_with_PKCE_succeeds(string responseMode)
    {
        await Flow.RunAsync(provider, provider.Client("strict", responseMode), provider.NewBrowser());
        await Flow.RunAsync(provider, provider.Client("web", responseMode, pkce: true), provider.NewBrowser());
    }

    [Fact]
    [Trait("module", "oidcc-server")]
    public async Task The_form_post_page_posts_itself_by_a_classic_script_under_a_strict_policy()
    {
        var page = await provider.NewBrowser().CompleteAsync(RelyingParty.AuthorizeUrl(provider.Client("web", "form_post").Request()));

        var script = Assert.Single(page.Document.Scripts);
        Assert.Null(script.GetAttribute("type"));
        Assert.Equal("document.forms[0].submit();", script.TextContent);
        Assert.Equal("body", script.ParentElement?.LocalName);
        Assert.NotNull(page.Document.QuerySelector("noscript button[type=submit]"));
        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.Equal("no-store", page.Header("Cache-Control"));
        Assert.Equal("no-referrer", page.Header("Referrer-Policy"));
        var policy = page.Header("Content-Security-Policy").Split("; ");
        Assert.Contains("default-src 'none'", policy);
        Assert.Contains($"script-src 'nonce-{script.GetAttribute("nonce")}'", policy);
        Assert.DoesNotContain(policy, directive => directive.StartsWith("form-action", StringComparison.Ordinal));
        Assert.Contains("frame-ancestors 'none'", policy);
    }
}
