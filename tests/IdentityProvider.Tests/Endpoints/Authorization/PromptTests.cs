using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Endpoints.Authorization;

/// <summary>OpenID Connect Core §3.1.2.1: who has to be asked what.</summary>
[Collection(ProviderCollection.Name)]
public sealed class PromptTests(Provider provider)
{
    [Theory]
    [InlineData("none login")]
    [InlineData("none consent")]
    [InlineData("create")]
    [InlineData("Login")]
    public async Task A_prompt_that_is_unknown_or_contradicts_itself_is_invalid_request(string prompt)
    {
        var (_, request, page) = await AskAsync(provider.NewBrowser(), "web", ("prompt", prompt));

        FlowChecks.CheckError(provider, request, Callback.Of(page), "invalid_request");
    }

    [Fact]
    public async Task Prompt_none_is_consent_required_where_consent_is_missing()
    {
        var browser = await SignedInAsync("dave");

        var (_, request, page) = await AskAsync(browser, "partner", ("prompt", "none"));

        FlowChecks.CheckError(provider, request, Callback.Of(page), "consent_required");
    }

    [Fact]
    public async Task Prompt_select_account_offers_the_account_and_goes_on_with_it()
    {
        var browser = await SignedInAsync();

        var (client, request, page) = await AskAsync(browser, "web", ("prompt", "select_account"));

        Assert.True(page.Has("continue-submit"));
        Assert.True(page.Has("switch-account"));
        await Flow.RunAsync(provider, client, request, await browser.SubmitAsync(page, "continue-submit"));
    }

    [Fact]
    public async Task Prompt_select_account_lets_another_person_sign_in()
    {
        var browser = await SignedInAsync();
        var (client, request, page) = await AskAsync(browser, "web", ("prompt", "select_account"));

        var signIn = await browser.GetAsync(page.Document.GetElementById("switch-account")!.GetAttribute("href")!);
        var flow = await Flow.RunAsync(provider, client, request, await browser.SignInAsync(signIn, "bob"));

        Assert.Equal("018f3c1e-7a10-7000-8000-000000000b0b", flow.Subject);
    }

    [Fact]
    public async Task Prompt_login_is_not_met_by_going_around_the_sign_in_page()
    {
        var browser = await SignedInAsync();
        provider.Time.Advance(TimeSpan.FromSeconds(1));
        var (_, _, page) = await AskAsync(browser, "web", ("prompt", "login"));

        var around = await browser.GetAsync("/connect/authorize/continue" + page.Url.Query);

        Assert.True(around.IsSignIn);
    }

    [Fact]
    public async Task Max_age_0_asks_for_a_sign_in_once()
    {
        var browser = await SignedInAsync();
        provider.Time.Advance(TimeSpan.FromSeconds(1));

        var (client, request, page) = await AskAsync(browser, "web", ("max_age", "0"));

        Assert.True(page.IsSignIn);
        await Flow.RunAsync(provider, client, request, await browser.SignInAsync(page));
    }

    [Fact]
    public async Task An_authentication_that_became_too_old_on_the_consent_page_is_asked_for_again()
    {
        var browser = await SignedInAsync();
        provider.Time.Advance(TimeSpan.FromSeconds(70));
        var (client, request, page) = await AskAsync(browser, "partner", ("max_age", "60"), ("prompt", "consent"));
        page = await browser.SignInAsync(page);
        provider.Time.Advance(TimeSpan.FromMinutes(30));

        page = await browser.SubmitAsync(page, "consent-allow");

        Assert.True(page.IsSignIn);
        page = await browser.SignInAsync(page);
        Assert.True(page.IsConsent);
        var flow = await Flow.RunAsync(provider, client, request, await browser.SubmitAsync(page, "consent-allow"));
        Assert.InRange(provider.Time.GetUtcNow().ToUnixTimeSeconds() - flow.AuthTime, 0, 60);
    }

    /// <summary>OpenID Connect Core §3.1.2.2 and §5.5.1.</summary>
    [Theory]
    [InlineData("""{"id_token":{"sub":{"value":"018f3c1e-7a10-7000-8000-00000000a11c"}}}""")]
    [InlineData("""{"id_token":{"sub":{"values":["018f3c1e-7a10-7000-8000-00000000a11c","x"]}},"userinfo":{"sub":{"values":["y","018f3c1e-7a10-7000-8000-00000000a11c"]}}}""")]
    public async Task A_subject_that_the_claims_name_is_the_only_one_that_is_answered_for(string claims)
    {
        var browser = await SignedInAsync("bob");
        provider.Time.Advance(TimeSpan.FromSeconds(1));

        var silent = await AskAsync(browser, "web", ("prompt", "none"), ("claims", claims));
        FlowChecks.CheckError(provider, silent.Request, Callback.Of(silent.Page), "login_required");

        var other = await AskAsync(browser, "web", ("claims", claims));
        Assert.True(other.Page.IsSignIn);
        FlowChecks.CheckError(provider, other.Request, Callback.Of(await browser.SignInAsync(other.Page, "bob")), "login_required");

        provider.Time.Advance(TimeSpan.FromSeconds(1));
        var (client, request, page) = await AskAsync(browser, "web", ("claims", claims));
        var flow = await Flow.RunAsync(provider, client, request, await browser.SignInAsync(page));
        Assert.Equal("018f3c1e-7a10-7000-8000-00000000a11c", flow.Subject);
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("soon")]
    [InlineData("99999999999")]
    public async Task A_max_age_that_is_no_number_of_seconds_is_invalid_request(string maxAge)
    {
        var (_, request, page) = await AskAsync(provider.NewBrowser(), "web", ("max_age", maxAge));

        FlowChecks.CheckError(provider, request, Callback.Of(page), "invalid_request");
    }

    [Fact]
    public async Task A_client_limits_the_age_of_an_authentication_itself()
    {
        var browser = await SignedInAsync();
        Assert.NotNull((await AskAsync(browser, "eager")).Page.Leaves);
        provider.Time.Advance(TimeSpan.FromSeconds(61));

        Assert.True((await AskAsync(browser, "eager")).Page.IsSignIn);
        Assert.True((await AskAsync(browser, "eager", ("max_age", "10000"))).Page.IsSignIn);
        Assert.NotNull((await AskAsync(browser, "web")).Page.Leaves);
    }

    [Fact]
    public async Task A_hint_of_another_person_asks_for_that_person()
    {
        var hint = (await provider.Client("web").SignInAsync(provider.NewBrowser())).IdToken;
        var browser = await SignedInAsync("bob");
        provider.Time.Advance(TimeSpan.FromSeconds(1));

        var silent = await AskAsync(browser, "web", ("prompt", "none"), ("id_token_hint", hint));
        FlowChecks.CheckError(provider, silent.Request, Callback.Of(silent.Page), "login_required");

        var (client, request, page) = await AskAsync(browser, "web", ("id_token_hint", hint));
        Assert.True(page.IsSignIn);
        var flow = await Flow.RunAsync(provider, client, request, await browser.SignInAsync(page));
        Assert.Equal("018f3c1e-7a10-7000-8000-00000000a11c", flow.Subject);
    }

    [Fact]
    public async Task Whoever_signs_in_as_somebody_else_than_the_hint_says_is_login_required()
    {
        var hint = (await provider.Client("web").SignInAsync(provider.NewBrowser())).IdToken;
        var browser = provider.NewBrowser();
        var (_, request, page) = await AskAsync(browser, "web", ("id_token_hint", hint));

        var answer = await browser.SignInAsync(page, "bob");

        FlowChecks.CheckError(provider, request, Callback.Of(answer), "login_required");
    }

    [Fact]
    public async Task An_expired_hint_is_still_a_hint()
    {
        var browser = provider.NewBrowser();
        var hint = (await provider.Client("web").SignInAsync(browser)).IdToken;
        provider.Time.Advance(TimeSpan.FromHours(1));

        var (_, request, page) = await AskAsync(browser, "web", ("prompt", "none"), ("id_token_hint", hint));

        FlowChecks.CheckCode(provider, request, Callback.Of(page));
    }

    [Fact]
    public async Task What_is_no_ID_token_for_this_client_is_no_hint()
    {
        var tokens = await provider.Client("web").SignInAsync(provider.NewBrowser());
        foreach (var (clientId, hint) in new[]
        {
            ("web2", tokens.IdToken), ("web", tokens.AccessToken), ("web", Jwt.Unsigned(tokens.IdToken)), ("web", Jwt.SignedByStranger(tokens.IdToken)),
            ("web", Jwt.WithClaim(tokens.IdToken, "sub", "018f3c1e-7a10-7000-8000-000000000b0b")), ("web", "nonsense"), ("web", "a.b.c"),
        })
        {
            var (_, request, page) = await AskAsync(provider.NewBrowser(), clientId, ("id_token_hint", hint));

            FlowChecks.CheckError(provider, request, Callback.Of(page), "invalid_request");
        }
    }

    private async Task<Browser> SignedInAsync(string username = "alice")
    {
        var browser = provider.NewBrowser();
        await browser.SignInAsync(await browser.GetAsync("/account/login"), username);
        return browser;
    }

    private async Task<(RelyingParty Client, Dictionary<string, string> Request, Page Page)> AskAsync(
        Browser browser, string clientId, params (string Name, string? Value)[] changes)
    {
        var client = provider.Client(clientId);
        var request = client.Request(changes: changes);
        return (client, request, await browser.GetAsync(RelyingParty.AuthorizeUrl(request)));
    }
}
