using System.Text.Json;
using System.Text.RegularExpressions;

namespace IdentityProvider.Browser.Tests;

/// <summary>What a person does on our pages, by the names that the pages promise to keep.</summary>
internal static class PageExtensions
{
    /// <summary>Whether one sees what has the focus. The body has it between a page and its first Tab.</summary>
    public const string ShowsFocus = """
        () => {
          const style = getComputedStyle(document.activeElement);
          return document.activeElement === document.body || (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2);
        }
        """;

    /// <summary>Fills in the sign-in form and sends it. The passwords of the test seed equal the names.</summary>
    public static async Task SignInAsync(this IPage page, string username = "alice")
    {
        await page.FillAsync("#username", username);
        await page.FillAsync("#password", username);
        await page.ClickAsync("#login-submit");
    }

    /// <summary>Signs in at the provider itself.</summary>
    public static async Task HaveSessionAsync(this IPage page, string username = "alice")
    {
        await page.GotoAsync("/account/login");
        await page.SignInAsync(username);
        await Expect(page).ToHaveTitleAsync(new Regex("^Your account"));
    }

    /// <summary>Signs in at the provider itself, with a device that may be offered a passkey.</summary>
    public static async Task HaveAnySessionAsync(this IPage page, string username)
    {
        await page.GotoAsync("/account/login");
        await page.SignInAsync(username);
        await Expect(page.Locator("#login-submit")).ToHaveCountAsync(0);
    }

    /// <summary>What arrived at the app.</summary>
    public static async Task<Answer> ReadAnswerAsync(this IPage page)
    {
        var shown = page.Locator("#answer");
        var parameters = JsonSerializer.Deserialize<Dictionary<string, string>>((await shown.TextContentAsync())!)!;
        return new Answer((await shown.GetAttributeAsync("data-by"))!, parameters);
    }

    public static async Task HasHeadingAsync(this IPage page, string text) => await Expect(page.Locator("h1")).ToHaveTextAsync(text);

    /// <summary>
    /// Waits for an address that begins so. Playwright's own WaitForURL waits for the load event too, and misses it now and then
    /// when a page replaces itself while it loads.
    /// </summary>
    public static async Task ArrivesAtAsync(this IPage page, string start) => await Expect(page).ToHaveURLAsync(new Regex($"^{Regex.Escape(start)}"));

    public static string PathOf(this IPage page) => new Uri(page.Url).AbsolutePath;
}

/// <summary>An authorization response as the app got it.</summary>
/// <param name="By">The response mode by which it came.</param>
/// <param name="Parameters">The parameters.</param>
internal sealed record Answer(string By, IReadOnlyDictionary<string, string> Parameters)
{
    public string? this[string name] => Parameters.GetValueOrDefault(name);
}
