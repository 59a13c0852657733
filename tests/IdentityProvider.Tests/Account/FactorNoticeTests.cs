using IdentityProvider.Accounts.Users;
using IdentityProvider.Tests.Support;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace IdentityProvider.Tests.Account;

/// <summary>Changes of the ways to sign in tell of themselves.</summary>
public sealed class FactorNoticeTests(AccountServer server) : IClassFixture<AccountServer>
{
    private Provider Provider => server.Provider;

    [Fact]
    [Trait("row", "P12")]
    public async Task An_app_and_its_codes_are_in_the_activity_when_they_come_are_used_and_go()
    {
        var browser = await server.SignInAsync("ada");
        var codes = await SetUpAsync(browser);
        Assert.Equal(["You made new recovery codes", "You set up an authenticator app"], (await ActivityAsync(browser)).Where(text => text.StartsWith("You ", StringComparison.Ordinal)).Take(2));

        var other = Provider.NewBrowser();
        await other.SignInAsync(await other.GetAsync("/account/login"), "ada");
        await other.SubmitAsync(await other.GetAsync("/account/two-factor?method=Recovery"), "code-submit", ("code", codes[0]));
        Assert.Contains("A recovery code was used", await ActivityAsync(other));

        await SetShortAsync("ada", false);
        await other.SubmitAsync(await other.GetAsync("/account/security/authenticator"), "remove-submit");
        Assert.Contains("You turned off two-step sign-in", await ActivityAsync(other));
    }

    [Fact]
    [Trait("row", "P7")]
    public async Task The_app_stays_while_the_password_is_too_short_to_be_alone()
    {
        var browser = await server.SignInAsync("ben");
        await SetUpAsync(browser);
        await SetShortAsync("ben", true);

        var page = await browser.SubmitAsync(await browser.GetAsync("/account/security/authenticator"), "remove-submit");

        Assert.Contains("15 characters", page.Document.QuerySelector("[role=alert]")!.TextContent, StringComparison.Ordinal);
        await SetShortAsync("ben", false);
        page = await browser.SubmitAsync(await browser.GetAsync("/account/security/authenticator"), "remove-submit");
        Assert.Equal("/account/security", page.Url.AbsolutePath);
    }

    private async Task<IReadOnlyList<string>> SetUpAsync(Browser browser)
    {
        var page = await browser.GetAsync("/account/security/authenticator");
        var app = AuthenticatorApp.Of(page.Document.GetElementById("totp-secret")!.TextContent, Provider.Time);
        page = await browser.SubmitAsync(page, "code-submit", ("code", app.CodeOf(-1)));
        return [.. page.Document.QuerySelectorAll("#recovery-codes code").Select(code => code.TextContent)];
    }

    private static async Task<IReadOnlyList<string>> ActivityAsync(Browser browser) =>
        [.. (await browser.GetAsync("/account/activity")).Document.QuerySelectorAll(".activity li > span > span:first-child").Select(entry => entry.TextContent.Trim())];

    private async Task SetShortAsync(string username, bool isShort)
    {
        await using var scope = Provider.Host.Services.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<User>>();
        var user = (await users.FindByNameAsync(username))!;
        user.HasShortPassword = isShort;
        Assert.True((await users.UpdateAsync(user)).Succeeded);
    }
}
