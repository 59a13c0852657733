using System.Text.RegularExpressions;

namespace IdentityProvider.Browser.Tests;

/// <summary>What people do with mails and second factors, on a phone and without scripts.</summary>
[Collection(ChromiumCollection.Name)]
public sealed partial class MailedStepTests(Chromium chromium, MailedStepTests.PeopleSite site) : IClassFixture<MailedStepTests.PeopleSite>
{
    [Fact]
    public async Task Whoever_did_not_sign_in_locks_the_account_by_the_mail_and_gets_back_in_by_another()
    {
        await using var owner = await VisitAsync();
        await owner.Page.HaveAnySessionAsync("olga");
        await using var thief = await VisitAsync();
        await thief.Page.HaveAnySessionAsync("olga");

        await using var mailbox = await VisitAsync();
        var page = mailbox.Page;
        await page.GotoAsync(Link().Match((await site.MailAsync("olga@people.example", subject: "New sign-in")).Text).Value);
        await page.HasHeadingAsync("Did somebody else sign in?");
        await page.ClickAsync("#not-me-submit");
        await page.HasHeadingAsync("Your account is locked");
        await thief.Page.GotoAsync("/account");
        await Expect(thief.Page.Locator("#login-submit")).ToBeVisibleAsync();

        await page.ClickAsync("#forgot-link");
        await page.FillAsync("#email", "olga@people.example");
        await page.ClickAsync("#forgot-submit");
        await page.GotoAsync(Link().Match((await site.MailAsync("olga@people.example", subject: "password")).Text).Value);
        await page.FillAsync("#password", "an entirely new pass phrase");
        await page.ClickAsync("#reset-submit");
        await page.HasHeadingAsync("Your new password is set");
    }

    [Fact]
    public async Task A_mailed_code_signs_in()
    {
        await using var visitor = await VisitAsync();
        var page = visitor.Page;
        await page.GotoAsync("/account/login");
        await page.ClickAsync("#email-code-link");
        await page.FillAsync("#email", "paul@people.example");
        await page.ClickAsync("#email-submit");
        await page.FillAsync("#code", Digits().Match((await site.MailAsync("paul@people.example")).Text).Value);
        await page.ClickAsync("#code-submit");
        await page.HasHeadingAsync("Your account");
    }

    [Fact]
    public async Task An_address_is_changed_by_the_code_that_went_to_the_new_one()
    {
        await using var visitor = await VisitAsync();
        var page = visitor.Page;
        await page.HaveAnySessionAsync("rita");
        await page.GotoAsync("/account/profile");
        await page.ClickAsync("#email-link");
        await page.FillAsync("#email", "rita2@people.example");
        await page.ClickAsync("#email-submit");
        await page.FillAsync("#code", "000000");
        await page.ClickAsync("#code-submit");
        await Expect(page.Locator("#email-problem")).ToBeVisibleAsync();
        await page.FillAsync("#code", Digits().Match((await site.MailAsync("rita2@people.example")).Text).Value);
        await page.ClickAsync("#code-submit");
        await Expect(page.Locator(".notice.success")).ToBeVisibleAsync();
        Assert.Contains("/account/email/undo?", (await site.MailAsync("rita@people.example", subject: "changed")).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recovery_code_stands_in_for_the_app_and_a_browser_that_is_trusted_is_asked_no_more()
    {
        await using var home = await VisitAsync();
        var page = home.Page;
        await page.HaveAnySessionAsync("sam");
        await page.GotoAsync("/account/security/authenticator");
        var app = AuthenticatorApp.Of((await page.Locator("#totp-secret").TextContentAsync())!, TimeProvider.System);
        await page.FillAsync("#code", app.Code);
        await page.ClickAsync("#code-submit");
        var recovery = (await page.Locator("#recovery-codes li").First.TextContentAsync())!.Trim();
        await page.ClickAsync("#codes-kept");
        await site.MailAsync("sam@people.example", subject: "An authenticator app was set up");

        await using var lostPhone = await VisitAsync();
        await lostPhone.Page.GotoAsync("/account/login");
        await lostPhone.Page.SignInAsync("sam");
        await lostPhone.Page.ClickAsync("#other-way");
        await lostPhone.Page.ClickAsync("#way-recovery");
        await lostPhone.Page.FillAsync("#code", recovery);
        await lostPhone.Page.ClickAsync("#code-submit");
        await lostPhone.Page.HasHeadingAsync("Your account");

        await using var trusted = await VisitAsync();
        await trusted.Page.GotoAsync("/account/login");
        await trusted.Page.SignInAsync("sam");
        await trusted.Page.FillAsync("#code", app.CodeOf(1));
        await trusted.Page.CheckAsync("#trust");
        await trusted.Page.ClickAsync("#code-submit");
        await trusted.Page.HasHeadingAsync("Your account");
        await trusted.Page.ClickAsync("#sign-out");
        await trusted.Page.ClickAsync("#logout-confirm");
        await trusted.Page.GotoAsync("/account/login");
        await trusted.Page.SignInAsync("sam");
        await trusted.Page.HasHeadingAsync("Your account");
    }

    private Task<Visitor> VisitAsync() => chromium.VisitAsync(site.Host, context =>
    {
        context.JavaScriptEnabled = false;
        context.ViewportSize = new() { Width = 360, Height = 740 };
    });

    [GeneratedRegex(@"(?<=: )\d{6,8}(?=\n)")]
    private static partial Regex Digits();

    [GeneratedRegex(@"https?://\S+/account/\S*")]
    private static partial Regex Link();

    /// <summary>People with confirmed addresses, and sign-in by a mailed code.</summary>
    public sealed class PeopleSite : Site
    {
        protected override void Configure(TestHostOptions options)
        {
            var people = ((string[])["olga", "paul", "rita", "sam"])
                .Select(name => $$"""{ "Username": "{{name}}", "Password": "{{name}}", "Email": "{{name}}@people.example", "EmailVerified": true },""");
            options.ExtraSeed = options.ExtraSeed!.Replace("\"Users\": [", "\"Users\": [" + string.Concat(people), StringComparison.Ordinal);
            options.Settings["Accounts:EmailCodeSignIn"] = "true";
        }
    }
}
