using System.Collections.Concurrent;

namespace IdentityProvider.Browser.Tests;

/// <summary>
/// A person at a browser of their own. What Chromium complains about (a violated content security policy, a script that failed)
/// fails the test when the visit ends.
/// </summary>
public sealed class Visitor : IAsyncDisposable
{
    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly ConcurrentQueue<IRequest> _requests = new();
    private string? _expected;

    private Visitor(IBrowserContext context, IPage page)
    {
        Context = context;
        Page = page;
        context.Console += (_, message) => Note(message);
        context.WebError += (_, error) => _complaints.Enqueue(error.Error);
        context.Request += (_, request) => _requests.Enqueue(request);
    }

    public IBrowserContext Context { get; }

    /// <summary>The first tab.</summary>
    public IPage Page { get; }

    /// <summary>Every request so far, redirects included.</summary>
    public IReadOnlyList<IRequest> Requests => [.. _requests];

    public static async Task<Visitor> ComeAsync(IBrowser browser, BrowserNewContextOptions options)
    {
        var context = await browser.NewContextAsync(options);
        return new Visitor(context, await context.NewPageAsync());
    }

    /// <summary>Does what Chromium must complain about in these words. That complaint, and only that, is no failure.</summary>
    public async Task ProvokeAsync(string complaint, Func<Task> action)
    {
        _expected = complaint;
        await Page.RunAndWaitForConsoleMessageAsync(action, new() { Predicate = message => message.Text.Contains(complaint, StringComparison.Ordinal) });
    }

    public async Task<BrowserContextCookiesResult?> CookieAsync(string name) =>
        (await Context.CookiesAsync()).SingleOrDefault(cookie => cookie.Name == name);

    public async ValueTask DisposeAsync()
    {
        await Context.DisposeAsync();
        Assert.True(_complaints.IsEmpty, "Chromium complained:\n" + string.Join('\n', _complaints));
    }

    private void Note(IConsoleMessage message)
    {
        // A page with the status 400 or 404 is reported as an error, too; the tests assert statuses themselves.
        if (message.Type == "error"
            && !message.Text.StartsWith("Failed to load resource: the server responded", StringComparison.Ordinal)
            && (_expected is null || !message.Text.Contains(_expected, StringComparison.Ordinal)))
        {
            _complaints.Enqueue(message.Text);
        }
    }
}
