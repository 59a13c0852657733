using System.Text.RegularExpressions;

namespace IdentityProvider.Browser.Tests;

/// <summary>From no account to an app, and back in without the password: without JavaScript.</summary>
[Collection(ChromiumCollection.Name)]
public sealed partial class RegistrationTests(Chromium chromium, Site site) : IClassFixture<Site>
{
    private const string Password = "a long enough pass phrase";
    private const string NewPassword = "an entirely new pass phrase";

    [Fact]
    public async Task Somebody_registers_on_the_way_to_an_app_and_arrives_there()
    {
        await using var visitor = await VisitAsync();
        var page = visitor.Page;
        await page.GotoAsync(site.AuthorizeUrl());
        await page.ClickAsync("#register-link");
        await page.HasHeadingAsync("Create your account");
        await page.FillAsync("#username", "ines");
        await page.FillAsync("#email", "ines@people.example");
        await page.FillAsync("#password", "short");
        await page.ClickAsync("#register-submit");
        await Expect(page.Locator("#password-problem")).ToContainTextAsync("at least 15");
        await Expect(page.Locator("#username")).ToHaveValueAsync("ines");
        await page.FillAsync("#password", Password);
        await page.ClickAsync("#register-submit");

        await page.HasHeadingAsync("Confirm your address");
        await page.FillAsync("#code", SixDigits().Match((await site.MailAsync("ines@people.example", 1)).Text).Value);
        await page.ClickAsync("#verify-submit");
        Assert.NotNull((await page.ReadAnswerAsync())["code"]);
    }

    [Fact]
    public async Task Somebody_confirms_by_the_link_and_sets_a_new_password_when_it_is_forgotten()
    {
        await using var visitor = await VisitAsync();
        var page = visitor.Page;
        await page.GotoAsync("/account/register");
        await page.FillAsync("#username", "joao");
        await page.FillAsync("#email", "joao@people.example");
        await page.FillAsync("#password", Password);
        await page.ClickAsync("#register-submit");
        await page.GotoAsync(Link().Match((await site.MailAsync("joao@people.example", 1)).Text).Value);
        await page.ClickAsync("#verify-submit");
        await page.HasHeadingAsync("Your account");

        await using var elsewhere = await VisitAsync();
        page = elsewhere.Page;
        await page.GotoAsync("/account/login");
        await page.ClickAsync("#forgot-link");
        await page.FillAsync("#email", "joao@people.example");
        await page.ClickAsync("#forgot-submit");
        await page.HasHeadingAsync("Check your mailbox");
        await page.GotoAsync(Link().Match((await site.MailAsync("joao@people.example", 2)).Text).Value);
        await page.FillAsync("#password", NewPassword);
        await page.ClickAsync("#reset-submit");
        await page.HasHeadingAsync("Your new password is set");
        await page.ClickAsync("#sign-in-link");
        await page.FillAsync("#username", "joao");
        await page.FillAsync("#password", NewPassword);
        await page.ClickAsync("#login-submit");
        await page.HasHeadingAsync("Your account");

        await visitor.Page.GotoAsync("/account");
        await Expect(visitor.Page.Locator("#login-submit")).ToBeVisibleAsync();
    }

    private Task<Visitor> VisitAsync() => chromium.VisitAsync(site.Host, context => context.JavaScriptEnabled = false);

    [GeneratedRegex(@"(?<=: )\d{6}(?=\n)")]
    private static partial Regex SixDigits();

    [GeneratedRegex(@"https?://\S+/account/\S*")]
    private static partial Regex Link();
}
