using System.Net;
using AngleSharp.Dom;
using AngleSharp.Html.Dom;
using IdentityProvider.Tests.Configuration;
using Xunit;

namespace IdentityProvider.Tests.UI;

/// <summary>The server is Acme's; the client <c>web</c> has a brand of its own, and <c>spa</c> a part of one.</summary>
public sealed class BrandingTests : IAsyncLifetime
{
    private const string Drawing = """<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32"><script>alert(1)</script></svg>""";

    private readonly DirectoryInfo _files = Directory.CreateTempSubdirectory("idp-brand-");
    private TestHost _host = null!;

    public async Task InitializeAsync()
    {
        var (logo, dark, style) = (Write("logo.svg", Drawing), Write("logo-dark.SVG", Drawing + " "), Write("own.css", ".brand { letter-spacing: 1px }"));
        _host = await TestHost.StartAsync(options =>
        {
            options.Settings["Branding:Name"] = "Acme";
            options.Settings["Branding:PrivacyUrl"] = "https://acme.example/privacy";
            options.Settings["Branding:DocumentationUrl"] = "https://docs.acme.example/sign-in";
            options.Settings["Branding:Clients:WEB:Name"] = "Web & Sons";
            options.Settings["Branding:Clients:WEB:AccentColor"] = "#ffd400";
            options.Settings["Branding:Clients:WEB:LogoFile"] = logo;
            options.Settings["Branding:Clients:WEB:DarkLogoFile"] = dark;
            options.Settings["Branding:Clients:WEB:StyleFile"] = style;
            options.Settings["Branding:Clients:WEB:PrivacyUrl"] = "https://web.example/privacy";
            options.Settings["Branding:Clients:spa:AccentColor"] = "#006400";
        });
    }

    public async Task DisposeAsync()
    {
        await _host.DisposeAsync();
        _files.Delete(recursive: true);
    }

    [Fact]
    public async Task A_client_with_a_brand_has_it_on_every_page_of_its_interactions()
    {
        var browser = await _host.SignInAsync("alice");
        var signIn = await PagesFixture.AuthorizeAsync(browser, "web", ("prompt", "login"));
        var offer = signIn.Replace("/login", "/passkey-offer", StringComparison.Ordinal);
        var consent = await PagesFixture.AuthorizeAsync(browser, "web", ("prompt", "consent"));
        Assert.StartsWith("/consent", consent, StringComparison.Ordinal);

        foreach (var path in new[] { signIn, offer, consent, await LogoutAsync(browser, "web") })
        {
            Assert.Equal((path, "Web & Sons"), (path, await BrandAtAsync(browser, path)));
        }
    }

    [Fact]
    public async Task The_start_page_leads_to_the_documentation_where_there_is_one()
    {
        const string Link = "a[href='https://docs.acme.example/sign-in']";
        using var acme = await _host.Http.GetAsync("/");
        Assert.NotNull((await acme.ReadHtmlAsync()).QuerySelector(Link));

        await using var plain = await TestHost.StartAsync();
        using var start = await plain.Http.GetAsync("/");
        Assert.DoesNotContain("https://docs", await start.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Other_pages_have_the_brand_of_the_server()
    {
        var browser = await _host.SignInAsync("alice");
        foreach (var path in new[] { "/", "/account", "/account/security", "/no/such/page", await PagesFixture.AuthorizeAsync(browser, "partner"), await LogoutAsync(browser, "partner") })
        {
            Assert.Equal((path, "Acme"), (path, await BrandAtAsync(browser, path)));
        }
    }

    [Fact]
    public async Task Nobody_gets_the_brand_of_a_client_by_the_handle_of_another_browser()
    {
        var signIn = await PagesFixture.AuthorizeAsync(_host.NewClient(), "web");

        Assert.Equal("Acme", await BrandAtAsync(_host.NewClient(), signIn));
    }

    [Fact]
    public async Task The_accent_of_a_client_is_a_style_sheet_of_its_own_and_nothing_inline()
    {
        var page = await SignInPageAsync("web");
        var sheets = page.QuerySelectorAll<IHtmlLinkElement>("link[rel=stylesheet]").Select(link => link.GetAttribute("href")!).ToList();
        using var response = await _host.Http.GetAsync(sheets[1]);
        var css = await response.Content.ReadAsStringAsync();

        Assert.Equal(2, sheets.Count);
        Assert.Equal("text/css", response.Content.Headers.ContentType?.MediaType);
        Assert.Contains("immutable", response.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        Assert.Contains("--accent:#ffd400", css, StringComparison.Ordinal);
        Assert.Contains("--on-accent:#000000", css, StringComparison.Ordinal);
        Assert.Contains("prefers-color-scheme:dark", css, StringComparison.Ordinal);
        Assert.EndsWith(".brand { letter-spacing: 1px }", css, StringComparison.Ordinal);
        Assert.Empty(page.QuerySelectorAll("style, [style]"));
        Assert.Single((await SignInPageAsync("partner")).QuerySelectorAll("link[rel=stylesheet]"));
    }

    [Fact]
    public async Task A_logo_comes_from_a_file_for_each_theme_and_its_scripts_are_asleep()
    {
        var page = await SignInPageAsync("web");
        using var light = await _host.Http.GetAsync(page.QuerySelector(".brand img")!.GetAttribute("src"));
        using var dark = await _host.Http.GetAsync(page.QuerySelector(".brand source[media*=dark]")!.GetAttribute("srcset"));

        Assert.Equal("image/svg+xml", light.Content.Headers.ContentType?.MediaType);
        Assert.Equal(Drawing, await light.Content.ReadAsStringAsync());
        Assert.Equal(Drawing + " ", await dark.Content.ReadAsStringAsync());
        Assert.Contains("sandbox", light.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        Assert.Equal("nosniff", light.Headers.GetValues("X-Content-Type-Options").Single());
    }

    [Fact]
    public async Task What_a_client_does_not_say_is_as_the_server_has_it()
    {
        var (web, spa) = (await SignInPageAsync("web"), await SignInPageAsync("spa"));

        Assert.Equal("Acme", BrandOf(spa));
        Assert.NotNull(spa.QuerySelector(".foot a[href='https://acme.example/privacy']"));
        Assert.NotNull(web.QuerySelector(".foot a[href='https://web.example/privacy']"));
        Assert.Null(web.QuerySelector(".foot a[href='https://acme.example/privacy']"));
    }

    [Theory]
    [InlineData("Branding:Clients:web:Colour", "#ffd400", "Unknown setting 'Branding:Clients:web:Colour'.")]
    [InlineData("Branding:Clients:web:AccentColor", "yellow", "Branding:Clients:web:AccentColor")]
    [InlineData("Branding:Clients:web:LogoUrl", "https://cdn.example/logo.svg", "Branding:Clients:web:LogoUrl")]
    [InlineData("Branding:Clients:web:PrivacyUrl", "javascript:alert(1)", "Branding:Clients:web:PrivacyUrl")]
    [InlineData("Branding:LogoFile", "/no/such/logo.svg", "There is no file '/no/such/logo.svg'.")]
    [InlineData("Branding:LogoFile", "/etc/passwd", "must end in .svg")]
    [InlineData("Branding:LogoUrl", "//cdn.example/logo.svg", "Branding:LogoUrl")]
    public async Task A_brand_that_is_none_stops_the_start_and_is_named(string key, string value, string message)
    {
        var (code, _, error) = await Startup.StartAsync((key, value));

        Assert.Equal(1, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_logo_for_the_dark_theme_alone_is_refused()
    {
        var (code, _, error) = await Startup.StartAsync(("Branding:DarkLogoFile", Write("dark.svg", Drawing)));

        Assert.Equal(1, code);
        Assert.Contains("DarkLogoFile needs a LogoFile", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_style_sheet_that_loads_something_is_refused()
    {
        var (code, _, error) = await Startup.StartAsync(("Branding:StyleFile", Write("loud.css", "@import 'https://cdn.example/x.css';")));

        Assert.Equal(1, code);
        Assert.Contains("loads something", error, StringComparison.Ordinal);
    }

    private async Task<IHtmlDocument> SignInPageAsync(string client)
    {
        var browser = _host.NewClient();
        using var response = await browser.GetAsync(await PagesFixture.AuthorizeAsync(browser, client));
        return await response.ReadHtmlAsync();
    }

    private static async Task<string> LogoutAsync(HttpClient browser, string client)
    {
        using var response = await browser.GetAsync($"/connect/endsession?client_id={client}");
        Assert.Equal(HttpStatusCode.SeeOther, response.StatusCode);
        return response.Headers.Location!.OriginalString;
    }

    private static async Task<string> BrandAtAsync(HttpClient browser, string path)
    {
        using var response = await browser.GetAsync(path);
        return BrandOf(await response.ReadHtmlAsync());
    }

    private static string BrandOf(IHtmlDocument page) => page.QuerySelector(".brand span")!.TextContent;

    private string Write(string name, string content)
    {
        var path = Path.Combine(_files.FullName, name);
        File.WriteAllText(path, content);
        return path;
    }
}
