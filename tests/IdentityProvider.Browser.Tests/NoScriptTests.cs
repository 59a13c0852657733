namespace IdentityProvider.Browser.Tests;

/// <summary>Every page works without JavaScript.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class NoScriptTests(Chromium chromium, Site site) : IClassFixture<Site>
{
    [Fact]
    public async Task Sign_in_consent_and_sign_out_work_without_scripts()
    {
        await using var alice = await VisitAsync();

        await alice.Page.GotoAsync(site.AuthorizeUrl("printshop"));
        await alice.Page.SignInAsync();
        await alice.Page.CheckAsync("#remember");
        await alice.Page.ClickAsync("#consent-allow");
        Assert.NotNull((await alice.Page.ReadAnswerAsync())["code"]);

        await alice.Page.GotoAsync("/account");
        await alice.Page.ClickAsync("#sign-out");
        await alice.Page.ClickAsync("#logout-confirm");
        await alice.Page.HasHeadingAsync("You are signed out");
    }

    [Fact]
    public async Task An_authenticator_app_is_set_up_and_used_without_scripts()
    {
        await using var heidi = await VisitAsync();
        var page = heidi.Page;
        await page.GotoAsync("/account/login");
        await Expect(page.Locator("#passkey-submit")).ToBeHiddenAsync();
        await page.SignInAsync("heidi");
        await page.ClickAsync("#nav-security");
        await page.ClickAsync("#set-up-app");
        await Expect(page.Locator(".qr svg")).ToBeVisibleAsync();
        var app = AuthenticatorApp.Of((await page.Locator("#totp-secret").TextContentAsync())!, TimeProvider.System);
        await page.FillAsync("#code", app.Code);
        await page.ClickAsync("#code-submit");
        await Expect(page.Locator("#recovery-codes li")).ToHaveCountAsync(10);
        await page.ClickAsync("#codes-kept");
        await page.HasHeadingAsync("Security and sign-in methods");

        await using var elsewhere = await VisitAsync();
        await elsewhere.Page.GotoAsync(site.AuthorizeUrl());
        await elsewhere.Page.SignInAsync("heidi");
        await elsewhere.Page.HasHeadingAsync("One more step");
        await elsewhere.Page.FillAsync("#code", app.CodeOf(1));
        await elsewhere.Page.ClickAsync("#code-submit");
        Assert.NotNull((await elsewhere.Page.ReadAnswerAsync())["code"]);
    }

    [Fact]
    public async Task The_form_post_answer_goes_by_a_button_without_scripts()
    {
        await using var alice = await VisitAsync();

        await alice.Page.GotoAsync(site.AuthorizeUrl("acme", ("response_mode", "form_post")));
        await alice.Page.SignInAsync();
        await alice.Page.HasHeadingAsync("One more step");
        await alice.Page.GetByRole(AriaRole.Button, new() { Name = "Continue" }).ClickAsync();

        var answer = await alice.Page.ReadAnswerAsync();
        Assert.Equal("form_post", answer.By);
        Assert.NotNull(answer["code"]);
    }

    [Fact]
    public async Task A_wrong_password_keeps_the_name_without_scripts()
    {
        await using var alice = await VisitAsync();

        await alice.Page.GotoAsync(site.AuthorizeUrl());
        await alice.Page.FillAsync("#username", "alice");
        await alice.Page.FillAsync("#password", "wrong");
        await alice.Page.ClickAsync("#login-submit");

        await Expect(alice.Page.Locator("#sign-in-problem")).ToBeVisibleAsync();
        await Expect(alice.Page.Locator("#username")).ToHaveValueAsync("alice");
        await alice.Page.SignInAsync();
        Assert.NotNull((await alice.Page.ReadAnswerAsync())["code"]);
    }

    private Task<Visitor> VisitAsync() => chromium.VisitAsync(site.Host, context => context.JavaScriptEnabled = false);
}
