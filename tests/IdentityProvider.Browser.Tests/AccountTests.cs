using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using ZXing;

namespace IdentityProvider.Browser.Tests;

/// <summary>The account pages, as people use them.</summary>
[Collection(ChromiumCollection.Name)]
public sealed class AccountTests(Chromium chromium, Site site) : IClassFixture<Site>
{
    private const string NewPassword = "an entirely new pass phrase";

    [Theory]
    [InlineData(360)]
    [InlineData(1280)]
    public async Task A_tour_of_the_account_works_without_scripts(int width)
    {
        var name = width == 360 ? "erin" : "frank";
        await using var elsewhere = await VisitAsync(width);
        await elsewhere.Page.HaveSessionAsync(name);
        await using var visitor = await VisitAsync(width);
        var page = visitor.Page;
        await page.GotoAsync(site.AuthorizeUrl("printshop"));
        await page.SignInAsync(name);
        await page.CheckAsync("#remember");
        await page.ClickAsync("#consent-allow");
        Assert.NotNull((await page.ReadAnswerAsync())["code"]);

        await page.GotoAsync("/account");
        await page.ClickAsync("#nav-profile");
        await page.FillAsync("#given_name", "Érin");
        await page.FillAsync("#zoneinfo", "Mars/Olympus");
        await page.ClickAsync("#profile-submit");
        await Expect(page.Locator("#zoneinfo")).ToHaveAttributeAsync("aria-invalid", "true");
        await Expect(page.Locator("#given_name")).ToHaveValueAsync("Érin");
        await page.FillAsync("#zoneinfo", "Europe/Dublin");
        await page.ClickAsync("#profile-submit");
        await Expect(page.Locator(".notice.success")).ToBeVisibleAsync();

        await page.ClickAsync("#nav-apps");
        await page.GetByRole(AriaRole.Link, new() { Name = "Remove access: Print Shop" }).ClickAsync();
        await page.ClickAsync("#withdraw-submit");
        await Expect(page.Locator("#apps li")).ToHaveCountAsync(0);

        await page.ClickAsync("#nav-sessions");
        await Expect(page.Locator("#sessions > li")).ToHaveCountAsync(2);
        await page.ClickAsync("#end-others");
        await page.ClickAsync("#end-submit");
        await Expect(page.Locator("#sessions > li")).ToHaveCountAsync(1);
        await elsewhere.Page.GotoAsync("/account");
        await Expect(elsewhere.Page.Locator("#login-submit")).ToBeVisibleAsync();

        await page.ClickAsync("#nav-data");
        await page.ClickAsync("#export-link");
        var download = await page.RunAndWaitForDownloadAsync(() => page.ClickAsync("#export-submit"));
        using (var data = JsonDocument.Parse(await File.ReadAllTextAsync((await download.PathAsync())!)))
        {
            Assert.Contains("\"Érin\"", data.RootElement.GetRawText(), StringComparison.Ordinal);
        }

        await page.ClickAsync("#nav-security");
        await page.ClickAsync("#password-link");
        await page.FillAsync("#current", "wrong");
        await page.FillAsync("#password", NewPassword);
        await page.ClickAsync("#password-submit");
        await Expect(page.Locator("#current-problem")).ToBeVisibleAsync();
        await page.FillAsync("#current", name);
        await page.FillAsync("#password", NewPassword);
        await page.ClickAsync("#password-submit");
        await Expect(page.Locator(".notice.success")).ToBeVisibleAsync();

        await page.ClickAsync("#nav-data");
        await page.ClickAsync("#delete-link");
        await page.ClickAsync("#delete-submit");
        await page.HasHeadingAsync("Your account will be deleted");
        await page.GotoAsync("/account/login");
        await page.FillAsync("#username", name);
        await page.FillAsync("#password", NewPassword);
        await page.ClickAsync("#login-submit");
        await page.ClickAsync("#keep-submit");
        await page.HasHeadingAsync("Your account");
    }

    [Fact]
    public async Task The_copy_of_the_data_can_be_downloaded_again_from_the_same_page()
    {
        await using var alice = await chromium.VisitAsync(site.Host);
        var page = alice.Page;
        await page.HaveSessionAsync();
        await page.GotoAsync("/account/data/export");

        foreach (var _ in (int[])[1, 2])
        {
            var download = await page.RunAndWaitForDownloadAsync(() => page.ClickAsync("#export-submit"));
            Assert.Equal("account-data.json", download.SuggestedFilename);
            await Expect(page.Locator("#export-submit")).Not.ToHaveAttributeAsync("aria-busy", "true");
        }
    }

    [Fact]
    public async Task The_account_is_walked_by_keyboard_alone()
    {
        await using var grace = await chromium.VisitAsync(site.Host);
        var page = grace.Page;
        await page.HaveSessionAsync("grace");

        // Past the navigation at once, if wanted.
        await TabToAsync(page, ".skip");
        await Expect(page.Locator(".skip")).ToBeInViewportAsync();
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.PressAsync("Tab");
        Assert.True(await page.EvaluateAsync<bool>("() => document.querySelector('#main').contains(document.activeElement)"));

        foreach (var (area, heading) in new[] { ("profile", "Your profile"), ("sessions", "Where you are signed in"), ("security", "Security and sign-in methods") })
        {
            await GoAsync(page, $"#nav-{area}", heading);
        }

        await GoAsync(page, "#set-up-app", "Set up an authenticator app");
        await GoAsync(page, "#back", "Security and sign-in methods");
        await GoAsync(page, "#sign-out", "Do you want to sign out?");
        await GoAsync(page, "#logout-confirm", "You are signed out");
    }

    /// <summary>What a camera sees is what is on the screen: dark, narrow, and with its edges.</summary>
    [Theory]
    [InlineData(ColorScheme.Light, "heidi")]
    [InlineData(ColorScheme.Dark, "ivan")]
    public async Task A_camera_reads_the_picture_of_the_key_and_its_codes_count(ColorScheme theme, string name)
    {
        await using var visitor = await chromium.VisitAsync(site.Host, context =>
        {
            context.ColorScheme = theme;
            context.ViewportSize = new() { Width = 360, Height = 740 };
        });
        var page = visitor.Page;
        await page.HaveSessionAsync(name);
        await page.GotoAsync("/account/security/authenticator");

        var key = new Uri(await PhotographAsync(visitor, ".qr"));

        Assert.Equal(("otpauth", "totp"), (key.Scheme, key.Host));
        Assert.EndsWith($":{name}", Uri.UnescapeDataString(key.AbsolutePath), StringComparison.Ordinal);
        var parameters = QueryHelpers.ParseQuery(key.Query);
        Assert.Equal("IdentityProvider", parameters["issuer"].ToString());
        await page.FillAsync("#code", AuthenticatorApp.Of(parameters["secret"].ToString(), TimeProvider.System).Code);
        await page.ClickAsync("#code-submit");
        await Expect(page.Locator("#recovery-codes li")).ToHaveCountAsync(10);
    }

    /// <summary>What ZXing reads in a picture of this part of the page.</summary>
    private static async Task<string> PhotographAsync(Visitor visitor, string selector)
    {
        var picture = Convert.ToBase64String(await visitor.Page.Locator(selector).ScreenshotAsync());
        var desk = await visitor.Context.NewPageAsync();
        var pixels = await desk.EvaluateAsync<JsonElement>(
            """
            async picture => {
              const bitmap = await createImageBitmap(await (await fetch(`data:image/png;base64,${picture}`)).blob());
              const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
              canvas.drawImage(bitmap, 0, 0);
              const bytes = canvas.getImageData(0, 0, bitmap.width, bitmap.height).data;
              return { width: bitmap.width, height: bitmap.height, rgba: btoa(Array.from(bytes, byte => String.fromCharCode(byte)).join('')) };
            }
            """,
            picture);
        await desk.CloseAsync();
        var source = new RGBLuminanceSource(
            pixels.GetProperty("rgba").GetBytesFromBase64(), pixels.GetProperty("width").GetInt32(), pixels.GetProperty("height").GetInt32(), RGBLuminanceSource.BitmapFormat.RGBA32);
        return new BarcodeReaderGeneric().Decode(source)?.Text ?? throw new InvalidDataException("There is no code in the picture.");
    }

    private Task<Visitor> VisitAsync(int width) => chromium.VisitAsync(site.Host, context =>
    {
        context.JavaScriptEnabled = false;
        context.ViewportSize = new() { Width = width, Height = 740 };
    });

    private static async Task GoAsync(IPage page, string selector, string heading)
    {
        await TabToAsync(page, selector);
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.Locator("h1")).ToHaveTextAsync(heading);
        await page.WaitForLoadStateAsync();
    }

    /// <summary>Presses Tab until this has the focus; each stop on the way has to show it.</summary>
    private static async Task TabToAsync(IPage page, string selector)
    {
        for (var stop = 0; stop < 60; stop++)
        {
            await page.Keyboard.PressAsync("Tab");
            Assert.True(await page.EvaluateAsync<bool>(PageExtensions.ShowsFocus), "The focus cannot be seen.");
            if (await page.Locator(selector).EvaluateAsync<bool>("element => element === document.activeElement"))
            {
                return;
            }
        }

        Assert.Fail($"{selector} is not reached by Tab.");
    }
}
