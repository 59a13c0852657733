namespace IdentityProvider.Browser.Tests;

/// <summary>What holds for every page in every state.</summary>
[Collection(GalleryCollection.Name)]
public sealed class GalleryTests(Chromium chromium, GalleryWalk walk) : IClassFixture<GalleryWalk>
{
    private const int LargestPage = 12 * 1024;
    private const int LargestStyleSheet = 20 * 1024;

    [Fact]
    public void Every_state_was_seen()
    {
        Assert.True(walk.Paths.Count > 100, $"The gallery has {walk.Paths.Count} pages.");
        Assert.Equal(walk.Paths.Order(StringComparer.Ordinal), walk.Sizes.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void No_page_breaks_a_rule_of_axe() => Assert.Empty(walk.Found(Look.Axe));

    [Fact]
    public void No_page_lacks_contrast_in_the_dark() => Assert.Empty(walk.Found(Look.DarkContrast));

    /// <summary>320 CSS pixels are also what remains of 1280 at a zoom of 400 % (WCAG 2.2, 1.4.10).</summary>
    [Theory]
    [InlineData(Look.LeftToRight)]
    [InlineData(Look.RightToLeft)]
    public void No_page_scrolls_sideways_at_320_pixels(Look look) => Assert.Empty(walk.Found(look));

    [Fact]
    public void Controls_are_as_large_as_a_thumb_on_a_phone() => Assert.Empty(walk.Found(Look.Targets));

    [Fact]
    public void Controls_keep_their_edges_in_forced_colours() => Assert.Empty(walk.Found(Look.Edges));

    [Fact]
    public void The_first_field_that_was_refused_has_the_focus() => Assert.Empty(walk.Found(Look.Focus));

    [Fact]
    public void Tab_reaches_every_control_and_shows_where_it_is() => Assert.Empty(walk.Found(Look.Keyboard));

    [Fact]
    public void Nothing_moves_for_those_who_asked_for_less_motion() => Assert.Empty(walk.Found(Look.Motion));

    [Fact]
    public void Pages_ask_no_other_origin_for_anything() =>
        Assert.All(walk.Requests, address => Assert.StartsWith(walk.Host.Issuer + "/", address, StringComparison.Ordinal));

    [Fact]
    public void Every_page_is_under_12_KB() =>
        Assert.All(walk.Sizes.Where(page => page.Key != GalleryWalk.Contents), page => Assert.InRange(page.Value, 1, LargestPage));

    [Fact]
    public void The_styles_are_under_20_KB_on_the_wire()
    {
        Assert.Equal("br", walk.Styles.Encoding);
        Assert.InRange(walk.Styles.Size, 1, LargestStyleSheet);
    }

    /// <summary>A rule that finds nothing anywhere could be one that cannot.</summary>
    [Theory]
    [InlineData(Look.Axe, "element => element.removeAttribute('autocomplete') || element.closest('form').querySelectorAll('label').forEach(label => label.remove())")]
    [InlineData(Look.DarkContrast, "element => { document.querySelector('h1').style.color = matchMedia('(prefers-color-scheme: dark)').matches ? '' : '#222'; }")]
    [InlineData(Look.LeftToRight, "element => { element.style.inlineSize = '400px'; }")]
    [InlineData(Look.RightToLeft, "element => { element.style.inlineSize = '400px'; }")]
    [InlineData(Look.Targets, "element => { element.style.minBlockSize = element.style.blockSize = '30px'; }")]
    [InlineData(Look.Edges, "element => { element.style.border = '0'; }")]
    [InlineData(Look.Focus, "element => { element.setAttribute('aria-invalid', 'true'); element.blur(); }")]
    [InlineData(Look.Keyboard, "element => { element.tabIndex = -1; }")]
    [InlineData(Look.Keyboard, "element => { element.style.outline = 'none'; }")]
    [InlineData(Look.Motion, "element => element.animate([{ opacity: 0 }, { opacity: 1 }], 60000)")]
    public async Task A_fault_that_is_planted_is_found(Look look, string fault)
    {
        await using var visitor = await GalleryWalk.ComeAsync(chromium, walk.Host);
        await visitor.Page.GotoAsync("/account/login");
        await visitor.Page.Locator("#username").EvaluateAsync(fault);

        Assert.Contains(await GalleryWalk.LookAsync(visitor.Page), found => found.Look == look);
    }
}
