using System.Net;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using Xunit;

namespace IdentityProvider.Tests.UI;

public sealed class ConsentPageTests(PagesFixture pages) : IClassFixture<PagesFixture>
{
    [Fact]
    public async Task A_scope_that_the_client_cannot_do_without_is_ticked_and_fixed()
    {
        var browser = await pages.Host.SignInAsync("alice");
        using var response = await browser.GetAsync(await PagesFixture.AuthorizeAsync(browser, "partner"));

        var page = await response.ReadHtmlAsync();
        var boxes = page.QuerySelectorAll<IHtmlInputElement>("input[type=checkbox][name=scope]").ToDictionary(box => box.Value);
        Assert.True(boxes["openid"] is { IsChecked: true, IsDisabled: true });
        Assert.True(boxes["profile"] is { IsChecked: true, IsDisabled: false });
        Assert.NotNull(page.QuerySelector("button#consent-allow"));
        Assert.NotNull(page.QuerySelector("button#consent-deny"));
    }

    [Fact]
    public async Task Cancel_sends_the_person_back_with_access_denied()
    {
        var browser = await pages.Host.SignInAsync("alice");
        using var decided = await browser.PostFormAsync(await PagesFixture.AuthorizeAsync(browser, "partner"), new() { ["decision"] = "deny" });
        using var answer = await browser.GetAsync(decided.Headers.Location);

        Assert.Contains("error=access_denied", answer.Headers.Location!.Query, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_without_a_pressed_button_is_no_answer()
    {
        var browser = await pages.Host.SignInAsync("alice");
        var url = await PagesFixture.AuthorizeAsync(browser, "partner");

        using var response = await browser.PostFormAsync(url, []);

        Assert.Equal(url, response.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task A_question_put_to_one_person_is_not_answered_for_another()
    {
        var browser = await pages.Host.SignInAsync("alice");
        var url = await PagesFixture.AuthorizeAsync(browser, "partner");
        using var page = await browser.GetAsync(url);
        var alice = (await page.ReadHtmlAsync()).QuerySelector<IHtmlInputElement>("input[name=subject]")!.Value;
        await SwitchToBobAsync(browser, url);

        using var response = await browser.PostFormAsync(url, new() { ["decision"] = "allow", ["scope"] = "profile", ["subject"] = alice });

        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        Assert.Equal(url, response.Headers.Location!.OriginalString);
    }

    [Fact]
    public async Task A_native_app_gets_a_click_first_and_no_list_of_scopes()
    {
        var browser = await pages.Host.SignInAsync("alice");
        using var response = await browser.GetAsync(await PagesFixture.AuthorizeAsync(browser, "native"));

        var page = await response.ReadHtmlAsync();
        Assert.Empty(page.QuerySelectorAll("input[type=checkbox][name=scope]"));
        Assert.NotNull(page.QuerySelector("button#consent-allow"));
    }

    private static async Task SwitchToBobAsync(HttpClient browser, string consentUrl)
    {
        var switchUrl = consentUrl.Replace("/consent", "/account/login", StringComparison.Ordinal) + "&switch=true";
        using var response = await browser.PostFormAsync(switchUrl, new() { ["username"] = "bob", ["password"] = "bob" });
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
    }
}
