namespace IdentityProvider.Browser.Tests;

/// <summary>The gallery of Development: every page in every state.</summary>
internal static class Gallery
{
    private const string Path = "/dev/pages";

    public static async Task<IReadOnlyList<string>> PathsAsync(IPage page)
    {
        await page.GotoAsync(Path);
        var states = await page.Locator($"a[href^='{Path}/']").EvaluateAllAsync<string[]>("links => links.map(link => link.getAttribute('href'))");
        Assert.NotEmpty(states);
        return [Path, .. states];
    }
}
