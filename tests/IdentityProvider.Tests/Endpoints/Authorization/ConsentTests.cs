using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Endpoints.Authorization;

/// <summary>What the person allows is what the client gets.</summary>
[Collection(ProviderCollection.Name)]
public sealed class ConsentTests(Provider provider)
{
    private const string Scope = "openid profile email offline_access";

    [Fact]
    public async Task Denied_consent_is_access_denied_with_state()
    {
        var (_, browser, request, page) = await AskAsync("dave", Scope);

        var answer = await browser.SubmitAsync(page, "consent-deny");

        FlowChecks.CheckError(provider, request, Callback.Of(answer), "access_denied");
    }

    [Fact]
    public async Task The_client_gets_the_scopes_that_were_ticked_and_the_required_ones()
    {
        var (client, browser, _, page) = await AskAsync("dave", Scope);
        Assert.Equal(
            Scope.Split(' '),
            page.Document.QuerySelectorAll("input[type=checkbox][name=scope]").Select(box => box.GetAttribute("value")));

        var callback = Callback.Of(await browser.SubmitAsync(page, "consent-allow", ("scope", "email")));
        var tokens = (await client.RedeemAsync(callback)).Succeeds();

        Assert.Equal("openid email", tokens.String("scope"));
        Assert.False(tokens.Has("refresh_token"));
    }

    [Fact]
    public async Task A_scope_that_was_not_asked_for_cannot_be_ticked()
    {
        var (client, browser, _, page) = await AskAsync("dave", "openid");

        var callback = Callback.Of(await browser.SubmitAsync(page, "consent-allow", ("scope", "openid"), ("scope", "api.read"), ("scope", "profile")));

        Assert.Equal("openid", (await client.RedeemAsync(callback)).String("scope"));
    }

    [Fact]
    public async Task Consent_that_was_not_remembered_is_asked_for_again()
    {
        var (client, browser, _, page) = await AskAsync("dave", "openid");
        await browser.SubmitAsync(page, "consent-allow", ("remember", null));

        Assert.True((await browser.GetAsync(RelyingParty.AuthorizeUrl(client.Request()))).IsConsent);
    }

    [Fact]
    public async Task Remembered_consent_covers_less_but_not_more()
    {
        var (client, browser, _, page) = await AskAsync("alice", "openid profile");
        await browser.SubmitAsync(page, "consent-allow", ("remember", "true"));

        Assert.NotNull(Callback.Of(await browser.GetAsync(RelyingParty.AuthorizeUrl(client.Request("profile openid"))))["code"]);
        Assert.NotNull(Callback.Of(await browser.GetAsync(RelyingParty.AuthorizeUrl(client.Request("openid"))))["code"]);
        Assert.True((await browser.GetAsync(RelyingParty.AuthorizeUrl(client.Request("openid profile email")))).IsConsent);
        Assert.True((await browser.GetAsync(RelyingParty.AuthorizeUrl(client.Request("openid", ("prompt", "consent"))))).IsConsent);
    }

    [Fact]
    public async Task Prompt_consent_asks_for_every_client()
    {
        var browser = provider.NewBrowser();
        var page = await browser.SignInAsync(
            await browser.GetAsync(RelyingParty.AuthorizeUrl(provider.Client("web").Request("openid email", ("prompt", "consent")))));

        Assert.True(page.IsConsent);
    }

    [Fact]
    public async Task The_pages_name_the_client_and_may_send_forms_to_its_redirect_uri_only()
    {
        var browser = provider.NewBrowser();
        var signIn = await browser.GetAsync(RelyingParty.AuthorizeUrl(provider.Client("partner").Request("openid api.read")));
        var consent = await browser.SignInAsync(signIn, "dave");

        foreach (var page in new[] { signIn, consent })
        {
            Assert.Contains("Partner", page.Text, StringComparison.Ordinal);
            Assert.Contains("partner.example", page.Document.QuerySelector(".host")?.TextContent, StringComparison.Ordinal);
            Assert.Contains("form-action 'self' https://partner.example;", page.Header("Content-Security-Policy"), StringComparison.Ordinal);
        }
    }

    /// <summary>OpenID Connect Core §5.5: a claim by name, for which no scope was asked or allowed.</summary>
    [Theory]
    [InlineData("openid", "openid")]
    [InlineData("openid email", "openid")]
    [InlineData("openid email", "openid email")]
    public async Task A_claim_that_was_asked_for_by_name_comes_with_its_scope_only(string scope, string allowed)
    {
        var (client, browser) = (provider.Client("partner"), provider.NewBrowser());
        var request = client.Request(scope, ("prompt", "consent"), ("claims", """{"userinfo":{"email":null,"name":null},"id_token":{"email":{"essential":true}}}"""));
        var page = await browser.SignInAsync(await browser.GetAsync(RelyingParty.AuthorizeUrl(request)), "zelda");

        var callback = Callback.Of(await browser.SubmitAsync(page, "consent-allow", [.. allowed.Split(' ').Select(name => ("scope", (string?)name)), ("remember", "true")]));
        await HasAsync((await client.RedeemAsync(callback)).Succeeds());

        var silent = client.Request(allowed, ("claims", request["claims"]), ("prompt", "none"));
        await HasAsync((await client.RedeemAsync(Callback.Of(await browser.GetAsync(RelyingParty.AuthorizeUrl(silent))))).Succeeds());

        async Task HasAsync(Answer tokens)
        {
            var mayHaveEmail = allowed.Contains("email", StringComparison.Ordinal);
            var userInfo = (await client.UserInfoAsync(tokens.AccessToken)).Json;
            Assert.Equal(mayHaveEmail, userInfo.TryGetProperty("email", out _));
            Assert.False(userInfo.TryGetProperty("name", out _));
            Assert.Equal(mayHaveEmail, Jwt.Claims(tokens.IdToken).TryGetProperty("email", out _));
        }
    }

    [Fact]
    public async Task A_scope_whose_API_is_not_named_is_neither_asked_for_nor_granted()
    {
        var (client, browser) = (provider.Client("web"), provider.NewBrowser());
        var request = client.Request("openid api.read reports.read ledger.read", ("prompt", "consent"), ("resource", "api"));
        var page = await browser.SignInAsync(await browser.GetAsync(RelyingParty.AuthorizeUrl(request)), "dave");
        Assert.Equal(["openid", "api.read"], page.Document.QuerySelectorAll("input[type=checkbox][name=scope]").Select(box => box.GetAttribute("value")));

        var tokens = (await client.RedeemAsync(Callback.Of(await browser.SubmitAsync(page, "consent-allow", ("scope", "openid"))))).Succeeds();

        Assert.Equal("openid", tokens.String("scope"));
        Assert.Equal(provider.Issuer, Jwt.Claims(tokens.AccessToken).GetProperty("aud").GetString());
    }

    private async Task<(RelyingParty Client, Browser Browser, Dictionary<string, string> Request, Page Page)> AskAsync(string username, string scope)
    {
        var (client, browser) = (provider.Client("partner"), provider.NewBrowser());
        var request = client.Request(scope);
        var page = await browser.SignInAsync(await browser.GetAsync(RelyingParty.AuthorizeUrl(request)), username);
        Assert.True(page.IsConsent);
        return (client, browser, request, page);
    }
}
