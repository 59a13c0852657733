using System.Net;
using IdentityProvider.Tests.Support;
using Microsoft.AspNetCore.WebUtilities;
using Xunit;

namespace IdentityProvider.Tests.Endpoints.Authorization;

/// <summary>A request that waits belongs to the browser that started it, and carries no sign-in result.</summary>
[Collection(ProviderCollection.Name)]
public sealed class InteractionTests(Provider provider)
{
    [Fact]
    public async Task Another_browser_cannot_continue()
    {
        var attacker = provider.NewBrowser();
        var started = await attacker.GetAsync(RelyingParty.AuthorizeUrl(provider.Client("web").Request()));
        var victim = provider.NewBrowser();

        var page = await victim.GetAsync(started.Url.PathAndQuery);

        Assert.Equal(HttpStatusCode.BadRequest, page.Status);
        Assert.True(page.Has("expired-continue"));
        Assert.False(page.IsSignIn);
    }

    [Fact]
    public async Task A_person_who_is_signed_in_does_not_answer_a_request_of_another_browser()
    {
        var started = await provider.NewBrowser().GetAsync(RelyingParty.AuthorizeUrl(provider.Client("web").Request()));
        var victim = provider.NewBrowser();
        await victim.SignInAsync(await victim.GetAsync("/account/login"));

        foreach (var path in new[] { "/connect/authorize/continue", "/consent", "/account/login" })
        {
            var page = await victim.GetAsync(path + started.Url.Query);

            Assert.Null(page.Leaves);
            Assert.True(page.Has("expired-continue"), path);
        }
    }

    [Fact]
    public async Task A_sign_in_elsewhere_does_not_answer_the_request_of_this_browser()
    {
        var attacker = provider.NewBrowser();
        var started = await attacker.GetAsync(RelyingParty.AuthorizeUrl(provider.Client("web").Request()));
        var victim = provider.NewBrowser();
        await victim.SignInAsync(await victim.GetAsync("/account/login"));

        Assert.True((await attacker.GetAsync("/connect/authorize/continue" + started.Url.Query)).IsSignIn);
    }

    [Fact]
    public async Task Two_tabs_of_one_browser_both_reach_their_client()
    {
        var browser = provider.NewBrowser();
        var (web, web2) = (provider.Client("web").Request(), provider.Client("web2").Request());
        var first = await browser.GetAsync(RelyingParty.AuthorizeUrl(web));
        var second = await browser.GetAsync(RelyingParty.AuthorizeUrl(web2));

        FlowChecks.CheckCode(provider, web2, Callback.Of(await browser.SignInAsync(second)));
        var continued = await browser.GetAsync(first.Url.PathAndQuery);
        FlowChecks.CheckCode(provider, web, Callback.Of(await browser.SubmitAsync(continued, "continue-submit")));
    }

    [Fact]
    public async Task An_interaction_that_waited_too_long_ends_on_a_page_that_leads_on()
    {
        var browser = provider.NewBrowser();
        var page = await browser.GetAsync(RelyingParty.AuthorizeUrl(provider.Client("web").Request()));
        provider.Time.Advance(TimeSpan.FromHours(1));

        var late = await browser.GetAsync(page.Url.PathAndQuery);

        Assert.Equal(HttpStatusCode.BadRequest, late.Status);
        Assert.True(late.Has("expired-continue"));
    }

    [Fact]
    public async Task A_POST_is_answered_303_to_a_GET_of_ourselves_with_nothing_of_the_request_in_it()
    {
        var request = provider.Client("web").Request(changes: ("login_hint", "bob"));

        var answer = await provider.SendAsync(HttpMethod.Post, "/connect/authorize", new FormUrlEncodedContent(request));

        Assert.Equal(HttpStatusCode.SeeOther, answer.Status);
        var location = answer.Header("Location")!;
        Assert.StartsWith("/connect/authorize/continue?", location, StringComparison.Ordinal);
        Assert.Equal(["interaction"], QueryHelpers.ParseQuery(location[location.IndexOf('?', StringComparison.Ordinal)..]).Keys);
        Assert.Equal("no-store", answer.Header("Cache-Control"));
    }

    [Fact]
    public async Task A_POST_with_a_session_yields_the_code_at_the_GET_that_follows()
    {
        var browser = provider.NewBrowser();
        await browser.SignInAsync(await browser.GetAsync("/account/login"));
        var request = provider.Client("web").Request();

        var page = await browser.PostAsync("/connect/authorize", request);

        Assert.Equal(2, page.Visited.Count);
        FlowChecks.CheckCode(provider, request, Callback.Of(page));
    }

    [Theory]
    [InlineData("/connect/authorize/continue")]
    [InlineData("/connect/authorize/continue?interaction=")]
    [InlineData("/connect/authorize/continue?interaction=nonsense")]
    [InlineData("/connect/authorize/continue?interaction=%00")]
    [InlineData("/connect/authorize/continue?interaction=a&interaction=b")]
    public async Task A_handle_that_never_was_leads_to_a_page(string url)
    {
        var page = await provider.NewBrowser().GetAsync(url);

        Assert.Null(page.Leaves);
        Assert.InRange((int)page.Status, 200, 400);
        Assert.True(page.IsSignIn || page.Has("expired-continue"));
    }
}
