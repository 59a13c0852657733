using IdentityProvider.UI.Assets;
using IdentityProvider.UI.Branding;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Xunit;

namespace IdentityProvider.Tests.UI;

public sealed class PageAssetsTests
{
    [Fact]
    public async Task An_asset_may_be_kept_for_ever_under_its_own_hash_only()
    {
        var assets = Create("#2f54d6");
        var hash = HashOf(assets);

        Assert.Equal("public, max-age=31536000, immutable", (await ServeAsync(assets, hash, PageAssets.StyleSheet)).Headers.CacheControl);
        var other = await ServeAsync(assets, "of-another-version", PageAssets.StyleSheet);
        Assert.Equal((StatusCodes.Status200OK, "no-cache"), (other.StatusCode, other.Headers.CacheControl.ToString()));
    }

    [Fact]
    public async Task An_unknown_asset_is_not_found() =>
        Assert.Equal(StatusCodes.Status404NotFound, (await ServeAsync(Create("#2f54d6"), "x", "appsettings.json")).StatusCode);

    [Fact]
    public void Another_accent_is_another_address() => Assert.NotEqual(HashOf(Create("#2f54d6")), HashOf(Create("#ffd400")));

    [Fact]
    public async Task The_style_sheet_takes_less_than_20_KB() =>
        Assert.InRange((await ServeAsync(Create("#2f54d6"), "x", PageAssets.StyleSheet)).ContentLength!.Value, 1, 20 * 1024);

    [Fact]
    public void All_scripts_together_take_less_than_30_KB_before_compression()
    {
        var scripts = Directory.GetFiles(Path.Combine(Repository.Root, "ui", "IdentityProvider.UI"), "*.js", SearchOption.AllDirectories)
            .Where(path => !path.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
                && !path.Contains($"{Path.DirectorySeparatorChar}bin{Path.DirectorySeparatorChar}", StringComparison.Ordinal));

        Assert.InRange(scripts.Sum(path => new FileInfo(path).Length), 1, 30 * 1024);
    }

    private static PageAssets Create(string accent) => new(new Brands(Options.Create(new BrandingOptions { AccentColor = accent })));

    private static string HashOf(PageAssets assets) => assets.Url(new DefaultHttpContext(), PageAssets.StyleSheet).Split('/')[2];

    private static async Task<HttpResponse> ServeAsync(PageAssets assets, string hash, string name)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.AcceptEncoding = "gzip, br";
        await assets.ServeAsync(context, hash, name);
        return context.Response;
    }
}
