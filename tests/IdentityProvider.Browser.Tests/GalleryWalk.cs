using System.Collections.Concurrent;
using Deque.AxeCore.Commons;

namespace IdentityProvider.Browser.Tests;

/// <summary>
/// One walk through the gallery of Development, which has every page in every state. A page is loaded once and looked at in each way
/// that a person may see it; the rules of <see cref="GalleryTests"/> read what was found.
/// </summary>
public sealed class GalleryWalk(Chromium chromium) : Site
{
    /// <summary>The list of all pages, for developers.</summary>
    public const string Contents = "/dev/pages";

    private const string EveryRuleOfAxe = "{ rules: { 'target-size': { enabled: true } } }";
    private const string ContrastAlone = "{ runOnly: ['color-contrast'] }";

    /// <summary>What passes either edge of the page when it is read in this direction.</summary>
    private const string TooWide = """
        direction => {
          document.documentElement.dir = direction;
          return [document.documentElement, ...document.querySelectorAll('main *:not(.visually-hidden)')]
            .filter(element => {
              const box = element.getBoundingClientRect();
              return box.left < -0.5 || box.right > document.documentElement.clientWidth + 0.5;
            })
            .map(element => element.outerHTML.slice(0, 80));
        }
        """;

    /// <summary>Buttons, fields and boxes with their words that a thumb of 44 pixels covers more than (WCAG 2.2, 2.5.5; links in a text are exempt).</summary>
    private const string TooSmall = """
        () => [...document.querySelectorAll('.button, button:not(.toggle, .plain), input:not([type=hidden], [type=checkbox], [type=radio]), select, .check')]
          .filter(element => element.offsetParent)
          .map(element => [element, element.getBoundingClientRect()])
          .filter(([, box]) => box.height < 43.5 || box.width < 43.5)
          .map(([element, box]) => `${Math.round(box.width)} by ${Math.round(box.height)}: ${element.outerHTML.slice(0, 80)}`)
        """;

    /// <summary>Buttons and fields that have no edge once the person's system has taken the colours.</summary>
    private const string Edgeless = """
        () => [...document.querySelectorAll('.button:not(.plain), input:not([type=hidden]), select, .notice')]
          .filter(element => element.offsetParent)
          .filter(element => {
            const style = getComputedStyle(element);
            const native = element.matches('[type=checkbox], [type=radio]') && style.appearance !== 'none';
            return !native && (style.borderBlockEndStyle === 'none' || parseFloat(style.borderBlockEndWidth) < 1);
          })
          .map(element => element.outerHTML.slice(0, 80))
        """;

    /// <summary>The first field that was refused, where the focus is elsewhere.</summary>
    private const string Unfocused = """
        () => [...document.querySelectorAll('[aria-invalid=true]')].slice(0, 1)
          .filter(field => field !== document.activeElement)
          .map(field => field.outerHTML.slice(0, 80))
        """;

    /// <summary>Takes down what gets the focus from here on, and whether one sees that it has it. Returns how often Tab may have to be pressed: a date has several parts.</summary>
    private const string WatchFocus = $$"""
        () => {
          // From the top: beyond the last control Tab leaves the page, and comes back when it likes.
          document.body.tabIndex = -1;
          document.body.focus();
          document.body.removeAttribute('tabindex');
          window.focused = new Map();
          document.addEventListener('focusin', event => window.focused.set(event.target, ({{PageExtensions.ShowsFocus}})()));
          return [...document.querySelectorAll('{{Operable}}')].filter(element => element.checkVisibility())
            .reduce((stops, element) => stops + (element.type === 'date' ? 4 : 1), 0);
        }
        """;

    private const string Operable = "a[href], button:enabled, input:enabled:not([type=hidden]), select:enabled, textarea:enabled, summary";

    /// <summary>What Tab did not reach, but for the other choices of a group, which the arrows reach; and what had the focus without showing it.</summary>
    private const string Unreached = $$"""
        () => [
          ...[...document.querySelectorAll('{{Operable}}')]
            .filter(element => element.checkVisibility() && !window.focused.has(element))
            .filter(element => element.type !== 'radio' || ![...window.focused.keys()].some(other => other.type === 'radio' && other.name === element.name))
            .map(element => `not reached: ${element.outerHTML.slice(0, 80)}`),
          ...[...window.focused].filter(([, shown]) => !shown).map(([element]) => `not shown: ${element.outerHTML.slice(0, 80)}`),
        ]
        """;

    private const string Moving = "() => document.getAnimations().map(animation => animation.effect.target.outerHTML.slice(0, 80))";

    private static readonly string s_axe = new BundledAxeScriptProvider().GetScript();

    private static readonly string s_pictures = PicturesFolder();
    private static readonly bool s_everyPicture = Environment.GetEnvironmentVariable("IDP_TEST_LONG") == "1";

    private readonly ConcurrentQueue<Finding> _findings = new();
    private readonly ConcurrentQueue<string> _requests = new();

    /// <summary>The address of every request of the walk.</summary>
    public IReadOnlyCollection<string> Requests => _requests;

    /// <summary>Bytes of the style sheet on the wire, and how they were encoded.</summary>
    public (int Size, string? Encoding) Styles { get; private set; }

    /// <summary>The pages that were seen.</summary>
    public IReadOnlyCollection<string> Paths { get; private set; } = [];

    /// <summary>Bytes of each page's HTML, before compression.</summary>
    public ConcurrentDictionary<string, int> Sizes { get; } = new();

    /// <summary>What was found of this kind, as lines that name the page.</summary>
    public IReadOnlyList<string> Found(Look look) => [.. _findings.Where(finding => finding.Look == look).Select(finding => $"{finding.Path}: {finding.What}")];

    /// <summary>Somebody who can be looked over the shoulder by <see cref="LookAsync"/>.</summary>
    /// <remarks>Colours change at once for those who asked for less motion; else they would be judged half way from light to dark.</remarks>
    public static async Task<Visitor> ComeAsync(Chromium chromium, TestHost host)
    {
        var visitor = await chromium.VisitAsync(host, context => context.ReducedMotion = ReducedMotion.Reduce);
        await visitor.Context.AddInitScriptAsync(s_axe);
        return visitor;
    }

    /// <summary>Looks at the page that is open in every way; only the focus is elsewhere afterwards. With a name, pictures are kept.</summary>
    public static async Task<IReadOnlyList<(Look Look, string What)>> LookAsync(IPage page, string? picture = null)
    {
        await ShootAsync(page, picture, "1280-light");
        List<(Look Look, string[] What)> found =
        [
            (Look.Axe, await AxeAsync(page, EveryRuleOfAxe)),
            (Look.Focus, await page.EvaluateAsync<string[]>(Unfocused)),
            (Look.Motion, await page.EvaluateAsync<string[]>(Moving)),
        ];

        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        found.Add((Look.DarkContrast, await AxeAsync(page, ContrastAlone)));
        await ShootAsync(page, picture, "1280-dark");

        await page.SetViewportSizeAsync(360, 740);
        await ShootAsync(page, picture, "360-dark");
        await page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Light, ForcedColors = ForcedColors.Active });
        found.Add((Look.Edges, await page.EvaluateAsync<string[]>(Edgeless)));
        found.Add((Look.Targets, await page.EvaluateAsync<string[]>(TooSmall)));
        await page.EmulateMediaAsync(new() { ForcedColors = ForcedColors.None });
        await ShootAsync(page, picture, "360-light");

        await page.SetViewportSizeAsync(320, 640);
        found.Add((Look.LeftToRight, await page.EvaluateAsync<string[]>(TooWide, "ltr")));
        found.Add((Look.RightToLeft, await page.EvaluateAsync<string[]>(TooWide, "rtl")));
        await page.SetViewportSizeAsync(1280, 720);

        for (var stops = await page.EvaluateAsync<int>(WatchFocus); stops >= 0; stops--)
        {
            await page.Keyboard.PressAsync("Tab");
        }

        found.Add((Look.Keyboard, await page.EvaluateAsync<string[]>(Unreached)));
        return [.. found.SelectMany(one => one.What.Select(line => (one.Look, line)))];
    }

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        Paths = await ListAsync();
        await WalkAsync();
    }

    private async Task<IReadOnlyCollection<string>> ListAsync()
    {
        await using var visitor = await chromium.VisitAsync(Host);
        await visitor.Page.GotoAsync(Contents);
        var states = await visitor.Page.Locator($"a[href^='{Contents}/']").EvaluateAllAsync<string[]>("links => links.map(link => link.getAttribute('href'))");
        return [Contents, .. states];
    }

    private async Task WalkAsync()
    {
        await using var visitor = await ComeAsync(chromium, Host);
        foreach (var path in Paths)
        {
            Sizes[path] = (await (await visitor.Page.GotoAsync(path))!.BodyAsync()).Length;
            foreach (var (look, what) in await LookAsync(visitor.Page, path[1..].Replace('/', '-')))
            {
                _findings.Enqueue(new Finding(look, path, what));
            }
        }

        foreach (var request in visitor.Requests)
        {
            _requests.Enqueue(request.Url);
        }

        if (visitor.Requests.FirstOrDefault(request => request.ResourceType == "stylesheet") is { } styles)
        {
            Styles = ((await styles.SizesAsync()).ResponseBodySize, await (await styles.ResponseAsync())!.HeaderValueAsync("content-encoding"));
        }
    }

    /// <summary>For people to look at: <c>tests/screenshots</c>, or where <c>IDP_TEST_SCREENSHOTS</c> says.</summary>
    /// <remarks>By default wide and light, and narrow and dark; the other two with <c>--long</c>, for they take a minute.</remarks>
    private static Task ShootAsync(IPage page, string? name, string look) => name is null || (!s_everyPicture && look is ("1280-dark" or "360-light")) ? Task.CompletedTask : page.ScreenshotAsync(new()
    {
        Path = System.IO.Path.Combine(s_pictures, look, name + ".png"), FullPage = true,
    });

    private static string PicturesFolder()
    {
        if (Environment.GetEnvironmentVariable("IDP_TEST_SCREENSHOTS") is { Length: > 0 } named)
        {
            return named;
        }

        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(System.IO.Path.Combine(folder.FullName, "IdentityProvider.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("There is no IdentityProvider.sln above the tests: set IDP_TEST_SCREENSHOTS.");
        }

        return System.IO.Path.Combine(folder.FullName, "tests", "screenshots");
    }

    private static Task<string[]> AxeAsync(IPage page, string options) => page.EvaluateAsync<string[]>(
        $$"""
        async () => (await axe.run(document, { resultTypes: ['violations'], ...{{options}} })).violations
          .flatMap(violation => violation.nodes.map(node => `${violation.id}: ${violation.help}: ${node.html}`))
        """);

    private sealed record Finding(Look Look, string Path, string What);
}

/// <summary>Ways to look at a page, each of which has a rule.</summary>
public enum Look
{
    /// <summary>Light, by every rule of axe.</summary>
    Axe,

    /// <summary>Dark pages differ in their colours only.</summary>
    DarkContrast,

    /// <summary>320 CSS pixels wide.</summary>
    LeftToRight,

    /// <summary>320 CSS pixels wide, turned around.</summary>
    RightToLeft,

    /// <summary>In colours of the person's system.</summary>
    Edges,

    /// <summary>With a thumb on a phone.</summary>
    Targets,

    /// <summary>Where the focus is once the page is there.</summary>
    Focus,

    /// <summary>With the Tab key alone.</summary>
    Keyboard,

    /// <summary>By those who asked for less motion.</summary>
    Motion,
}
