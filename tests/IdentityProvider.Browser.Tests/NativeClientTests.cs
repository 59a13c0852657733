namespace IdentityProvider.Browser.Tests;

/// <summary>RFC 8252 §8.6: another app on the device may claim a native client's redirect URI.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class NativeClientTests(Chromium chromium, Site site) : IClassFixture<Site>
{
    [Fact]
    public async Task A_native_app_gets_an_answer_only_after_a_click_each_time()
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        await alice.Page.HaveSessionAsync();

        for (var time = 1; time <= 2; time++)
        {
            await alice.Page.GotoAsync(site.AuthorizeUrl("desktop"));
            await alice.Page.HasHeadingAsync("Continue to Acme Desktop?");
            await alice.Page.ClickAsync("#consent-allow");
            var tokens = await site.RedeemAsync((await alice.Page.ReadAnswerAsync())["code"]!, "desktop");
            Assert.True(tokens.TryGetProperty("access_token", out _));
        }
    }

    [Fact]
    public async Task A_click_is_asked_for_after_a_sign_in_too()
    {
        await using var alice = await chromium.VisitAsync(site.Host);

        await alice.Page.GotoAsync(site.AuthorizeUrl("desktop"));
        await alice.Page.SignInAsync();

        await alice.Page.HasHeadingAsync("Continue to Acme Desktop?");
        await alice.Page.ClickAsync("#consent-deny");
        Assert.Equal("access_denied", (await alice.Page.ReadAnswerAsync())["error"]);
    }

    [Fact]
    public async Task A_silent_request_of_a_native_app_is_answered_interaction_required()
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        await alice.Page.HaveSessionAsync();

        await alice.Page.GotoAsync(site.AuthorizeUrl("desktop", ("prompt", "none")));

        Assert.Equal("interaction_required", (await alice.Page.ReadAnswerAsync())["error"]);
    }
}
