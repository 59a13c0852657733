using IdentityProvider.Tests.Support;
using Xunit;

namespace IdentityProvider.Tests.Conformance;

/// <summary>Plans Basic OP and Form Post OP: single sign-on, and the demands for a fresh sign-in or for none.</summary>
[Collection(ProviderCollection.Name)]
public sealed class BasicSessionTests(Provider provider)
{
    private static readonly TimeSpan s_moment = TimeSpan.FromSeconds(2);

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-prompt-login")]
    public async Task Prompt_login_asks_again_and_moves_auth_time(string responseMode)
    {
        var (client, browser) = (provider.Client("web", responseMode), provider.NewBrowser());
        var first = await Flow.RunAsync(provider, client, browser);
        provider.Time.Advance(s_moment);
        var request = client.Request(changes: ("prompt", "login"));

        var page = await browser.GetAsync(RelyingParty.AuthorizeUrl(request));

        Assert.True(page.IsSignIn);
        var second = await Flow.RunAsync(provider, client, request, await browser.SignInAsync(page));
        Assert.Equal(first.Subject, second.Subject);
        Assert.True(second.AuthTime > first.AuthTime);
    }

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-prompt-none-not-logged-in")]
    public async Task Prompt_none_without_a_session_is_login_required(string responseMode)
    {
        var request = provider.Client("web", responseMode).Request(changes: ("prompt", "none"));

        var page = await provider.NewBrowser().GetAsync(RelyingParty.AuthorizeUrl(request));

        FlowChecks.CheckError(provider, request, Callback.Of(page), "login_required");
    }

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-prompt-none-logged-in")]
    public async Task Prompt_none_with_a_session_succeeds_silently_as_the_same_person(string responseMode)
    {
        var (client, browser) = (provider.Client("web", responseMode), provider.NewBrowser());
        var first = await Flow.RunAsync(provider, client, browser);
        provider.Time.Advance(s_moment);

        var second = await SilentlyAsync(client, browser, ("prompt", "none"));

        Assert.Equal((first.Subject, first.AuthTime), (second.Subject, second.AuthTime));
    }

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-prompt-none-logged-in")]
    public async Task Prompt_none_succeeds_silently_where_consent_was_remembered(string responseMode)
    {
        var (client, browser) = (provider.Client("partner", responseMode), provider.NewBrowser());
        var person = responseMode == "query" ? "bob" : "carol"; // a consent holds for the next test too
        var page = await browser.SignInAsync(await browser.GetAsync(RelyingParty.AuthorizeUrl(client.Request())), person);
        Assert.True(page.IsConsent);
        await browser.SubmitAsync(page, "consent-allow", ("remember", "true"));

        await SilentlyAsync(client, browser, ("prompt", "none"));
    }

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-max-age-1")]
    public async Task An_older_authentication_than_max_age_is_renewed(string responseMode)
    {
        var (client, browser) = (provider.Client("web", responseMode), provider.NewBrowser());
        var first = await Flow.RunAsync(provider, client, browser);
        provider.Time.Advance(s_moment);
        var request = client.Request(changes: ("max_age", "1"));

        var page = await browser.GetAsync(RelyingParty.AuthorizeUrl(request));

        Assert.True(page.IsSignIn);
        var second = await Flow.RunAsync(provider, client, request, await browser.SignInAsync(page));
        Assert.True(second.AuthTime > first.AuthTime);
        Assert.InRange(provider.Time.GetUtcNow().ToUnixTimeSeconds() - second.AuthTime, 0, 1);
    }

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-max-age-10000")]
    public async Task A_younger_authentication_than_max_age_is_kept(string responseMode)
    {
        var (client, browser) = (provider.Client("web", responseMode), provider.NewBrowser());
        var first = await Flow.RunAsync(provider, client, browser, "openid", ("max_age", "10000"));
        provider.Time.Advance(s_moment);

        var second = await SilentlyAsync(client, browser, ("max_age", "10000"));

        Assert.Equal((first.Subject, first.AuthTime), (second.Subject, second.AuthTime));
    }

    [Theory]
    [ResponseModes]
    [Trait("module", "oidcc-id-token-hint")]
    public async Task Prompt_none_with_an_id_token_hint_of_the_person_succeeds_silently(string responseMode)
    {
        var (client, browser) = (provider.Client("web", responseMode), provider.NewBrowser());
        var first = await Flow.RunAsync(provider, client, browser);
        provider.Time.Advance(s_moment);

        var second = await SilentlyAsync(client, browser, ("prompt", "none"), ("id_token_hint", first.Tokens.IdToken));

        Assert.Equal((first.Subject, first.AuthTime), (second.Subject, second.AuthTime));
    }

    /// <summary>No page in between: the first answer is the response.</summary>
    private async Task<Flow> SilentlyAsync(RelyingParty client, Browser browser, params (string Name, string? Value)[] changes)
    {
        var request = client.Request(changes: changes);
        var page = await browser.GetAsync(RelyingParty.AuthorizeUrl(request));
        Assert.Single(page.Visited);
        return await Flow.RunAsync(provider, client, request, page);
    }
}
