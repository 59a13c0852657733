namespace IdentityProvider.Browser.Tests;

/// <summary>Sign-in under suspicion, at a browser that computes and at one that does not.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class WorkTests(Chromium chromium, WorkTests.SuspiciousSite site) : IClassFixture<WorkTests.SuspiciousSite>
{
    [Fact]
    [Trait("row", "R7")]
    public async Task A_browser_does_the_work_while_the_person_enters_the_password_again()
    {
        await FailAsync("carol");
        await using var carol = await chromium.VisitAsync(site.Host);
        await carol.Page.GotoAsync("/account/login");
        await carol.Page.SignInAsync("carol");
        await Expect(carol.Page.Locator("#sign-in-problem")).ToBeVisibleAsync();
        await Expect(carol.Page.Locator("#work-hint")).ToHaveCountAsync(0);

        await carol.Page.SignInAsync("carol");
        await Expect(carol.Page.Locator("#login-submit")).ToHaveCountAsync(0);
        Assert.StartsWith("/account", carol.Page.PathOf(), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("row", "R7")]
    public async Task Without_scripts_the_page_says_how_long_to_wait()
    {
        await FailAsync("dave");
        await using var dave = await chromium.VisitAsync(site.Host, context => context.JavaScriptEnabled = false);
        await dave.Page.GotoAsync("/account/login");
        await dave.Page.SignInAsync("dave");

        await Expect(dave.Page.Locator("#work-hint")).ToContainTextAsync("30 seconds");
    }

    private async Task FailAsync(string username)
    {
        using var failed = await site.Host.NewClient().PostFormAsync("/account/login", new() { ["username"] = username, ["password"] = "wrong" });
    }

    public sealed class SuspiciousSite : Site
    {
        protected override void Configure(TestHostOptions options) => options.Settings["RateLimits:SignInFailuresPerAccountAndHour"] = "1";
    }
}
