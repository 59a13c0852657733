namespace IdentityProvider.Browser.Tests;

/// <summary>What people need who see, point or move differently.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class AccessibilityTests(Chromium chromium, Site site) : IClassFixture<Site>
{
    [Fact]
    public async Task Sign_in_and_consent_work_by_keyboard_alone_and_show_where_the_focus_is()
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        var page = alice.Page;

        await page.GotoAsync(site.AuthorizeUrl("printshop"));
        await AssertFocusAsync(page, "#username");
        await page.Keyboard.TypeAsync("alice");
        await TabToAsync(page, "#password");
        await page.Keyboard.TypeAsync("alice");
        await TabToAsync(page, ".toggle");
        await TabToAsync(page, "#remember");
        await page.Keyboard.PressAsync("Space");
        await Expect(page.Locator("#remember")).ToBeCheckedAsync();
        await TabToAsync(page, "#login-submit");
        await page.Keyboard.PressAsync("Enter");

        await page.HasHeadingAsync("Allow Print Shop access?");
        await TabToAsync(page, "input[name=scope][value=profile]:not([type=hidden])");
        await TabToAsync(page, "input[name=scope][value=email]:not([type=hidden])");
        await TabToAsync(page, "#remember");
        await TabToAsync(page, "#consent-allow");
        await page.Keyboard.PressAsync("Enter");
        Assert.NotNull((await page.ReadAnswerAsync())["code"]);
    }

    [Fact]
    public async Task A_refused_password_is_announced_and_tied_to_its_fields()
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        await alice.Page.GotoAsync(site.AuthorizeUrl());
        await alice.Page.FillAsync("#username", "alice");
        await alice.Page.FillAsync("#password", "wrong");
        await alice.Page.ClickAsync("#login-submit");

        await Expect(alice.Page.GetByRole(AriaRole.Alert)).ToContainTextAsync("We could not sign you in");
        await Expect(alice.Page.Locator("#password")).ToHaveAccessibleDescriptionAsync(
            new System.Text.RegularExpressions.Regex("We could not sign you in"));
        await AssertFocusAsync(alice.Page, "#password");
    }

    [Fact]
    public async Task A_shown_password_is_hidden_again_before_it_is_sent()
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        await alice.Page.GotoAsync("/account/login");
        await alice.Page.FillAsync("#password", "alice");

        await alice.Page.GetByRole(AriaRole.Button, new() { Name = "Show password" }).ClickAsync();
        await Expect(alice.Page.Locator("#password")).ToHaveAttributeAsync("type", "text");
        await alice.Page.GetByRole(AriaRole.Button, new() { Name = "Hide password" }).ClickAsync();
        await Expect(alice.Page.Locator("#password")).ToHaveAttributeAsync("type", "password");
    }

    [Fact]
    public async Task Pages_turn_around_from_right_to_left()
    {
        await using var visitor = await chromium.VisitAsync(site.Host);
        await visitor.Page.GotoAsync("/account/login");
        await visitor.Page.EvaluateAsync("() => { document.documentElement.dir = 'rtl'; }");

        var (box, words) = (await BoxAsync("#remember"), await BoxAsync("label.check span"));
        Assert.True(box.X > words.X, "The box stands to the right of its words.");
        var (toggle, field) = (await BoxAsync(".toggle"), await BoxAsync("#password"));
        Assert.True(toggle.X < field.X + (field.Width / 2), "The button that shows the password is at the left end of its field.");

        async Task<LocatorBoundingBoxResult> BoxAsync(string selector) => (await visitor.Page.Locator(selector).BoundingBoxAsync())!;
    }

    private static async Task TabToAsync(IPage page, string selector)
    {
        await page.Keyboard.PressAsync("Tab");
        for (var passed = 0; passed < 4 && !await page.Locator(selector).EvaluateAsync<bool>("element => element === document.activeElement"); passed++)
        {
            await page.Keyboard.PressAsync("Tab");
        }

        await AssertFocusAsync(page, selector);
    }

    private static async Task AssertFocusAsync(IPage page, string selector)
    {
        await Expect(page.Locator(selector)).ToBeFocusedAsync();
        Assert.True(await page.EvaluateAsync<bool>(PageExtensions.ShowsFocus), $"The focus on {selector} cannot be seen.");
    }
}
