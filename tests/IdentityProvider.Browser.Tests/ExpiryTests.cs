using Microsoft.Extensions.Time.Testing;

namespace IdentityProvider.Browser.Tests;

/// <summary>A page that was left open for too long says so, and leads back to where the person came from.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class ExpiryTests(Chromium chromium, ExpiryTests.SlowSite site) : IClassFixture<ExpiryTests.SlowSite>
{
    private static readonly TimeSpan s_longerThanAnInteraction = TimeSpan.FromMinutes(61);

    [Fact]
    public async Task An_expired_sign_in_starts_anew_at_an_app_that_can_be_told_to()
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        await alice.Page.GotoAsync(site.AuthorizeUrl("printshop"));
        await alice.Page.FillAsync("#username", "alice");
        await alice.Page.FillAsync("#password", "alice");
        site.Time.Advance(s_longerThanAnInteraction);

        await alice.Page.ClickAsync("#login-submit");
        await alice.Page.HasHeadingAsync("This page has expired");
        Assert.Null(await alice.CookieAsync("idp.session"));
        await alice.Page.ClickAsync("#expired-continue");

        await alice.Page.HasHeadingAsync("Sign in to Print Shop");
        await alice.Page.SignInAsync();
        await alice.Page.ClickAsync("#consent-allow");
        Assert.NotNull((await alice.Page.ReadAnswerAsync())["code"]);
    }

    [Fact]
    public async Task An_expired_consent_leads_back_to_the_app_and_answers_nothing()
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        await alice.Page.GotoAsync(site.AuthorizeUrl("printshop"));
        await alice.Page.SignInAsync();
        await alice.Page.HasHeadingAsync("Allow Print Shop access?");
        site.Time.Advance(s_longerThanAnInteraction);

        await alice.Page.ClickAsync("#consent-allow");
        await alice.Page.HasHeadingAsync("This page has expired");
        await alice.Page.ClickAsync("#expired-continue");

        await alice.Page.HasHeadingAsync("Allow Print Shop access?");
    }

    [Fact]
    public async Task An_expired_sign_in_leads_to_the_home_page_of_an_app_that_cannot_be_told()
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        await alice.Page.GotoAsync(site.AuthorizeUrl("acme"));
        site.Time.Advance(s_longerThanAnInteraction);

        await alice.Page.ReloadAsync();
        await alice.Page.HasHeadingAsync("This page has expired");
        await alice.Page.ClickAsync("#expired-continue");

        await alice.Page.HasHeadingAsync("The app");
    }

    /// <summary>A site whose clock the tests turn.</summary>
    public sealed class SlowSite : Site
    {
        public FakeTimeProvider Time { get; } = new(TimeProvider.System.GetUtcNow());

        protected override void Configure(TestHostOptions options) => options.Time = Time;
    }
}
