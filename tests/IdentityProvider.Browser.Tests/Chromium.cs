namespace IdentityProvider.Browser.Tests;

/// <summary>One Chromium for the tests of a collection. Every visitor has a context of their own: cookies, storage and cache are not shared.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private const string PathVariable = "IDP_TEST_CHROMIUM";
    private const string UsualPath = "/usr/bin/chromium";
    private const float PatienceInMilliseconds = 30_000;

    private IPlaywright? _playwright;
    private IBrowser? _browser;

    public async Task InitializeAsync()
    {
        var path = Environment.GetEnvironmentVariable(PathVariable) is { Length: > 0 } named ? named : UsualPath;
        if (!File.Exists(path))
        {
            throw new InvalidOperationException(
                $"There is no Chromium at {path}. Install the package chromium, or set {PathVariable} to the path of the executable.");
        }

        SetDefaultExpectTimeout(PatienceInMilliseconds);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = path,
            // Chromium's sandbox does not start for root, nor in most containers. Only our own pages are loaded here.
            Args = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"],
        });
    }

    /// <summary>Somebody comes with a fresh browser.</summary>
    public Task<Visitor> VisitAsync(TestHost host, Action<BrowserNewContextOptions>? configure = null)
    {
        var options = new BrowserNewContextOptions { BaseURL = host.Issuer };
        configure?.Invoke(options);
        return Visitor.ComeAsync(_browser!, options);
    }

    public async Task DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
    }
}

[CollectionDefinition(Name)]
public sealed class ChromiumCollection : ICollectionFixture<Chromium>
{
    public const string Name = "Chromium";
}

/// <summary>Beside the others, in a Chromium of its own: it takes as long as all of them.</summary>
[CollectionDefinition(Name)]
public sealed class GalleryCollection : ICollectionFixture<Chromium>
{
    public const string Name = "Gallery";
}
