using System.Net;
using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

/// <summary>
/// A client that refreshes again and again, as a good one does: it keeps the token that it holds until it has read the next one, and
/// asks again, of whichever instance, after an answer that it never got or a 503. It writes down every successor that it was ever given.
/// </summary>
internal sealed class Chain(App app, string refreshToken, Func<HttpClient> instance)
{
    /// <summary>What happens to requests shall be tested, not how many a machine takes.</summary>
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(20);

    private readonly Dictionary<string, HashSet<string>> _successors = [];
    private readonly List<string> _order = [refreshToken];

    public string Holds { get; private set; } = refreshToken;

    /// <summary>Answers that were a new token.</summary>
    public int Rotations { get; private set; }

    /// <summary>Requests without an answer, or answered 503.</summary>
    public int Lost { get; private set; }

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await StepAsync();
            await Task.Delay(_pause, CancellationToken.None);
        }
    }

    private async Task StepAsync()
    {
        Answer answer;
        try
        {
            answer = await app.RefreshAsync(instance(), Holds);
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or ObjectDisposedException)
        {
            Lost++;
            return;
        }

        if (answer.IsOutage)
        {
            Lost++;
            return;
        }

        var next = answer.Succeeds()["refresh_token"];
        _successors.TryAdd(Holds, []);
        _successors[Holds].Add(next);
        _order.Add(next);
        Holds = next;
        Rotations++;
    }

    /// <summary>One successor for each token, no token twice, and the one that it holds works.</summary>
    public async Task IsWholeAsync(HttpClient http)
    {
        Assert.All(_successors.Values, successors => Assert.Single(successors));
        Assert.Equal(_order.Count, _order.Distinct().Count());
        Assert.Equal(HttpStatusCode.OK, (await app.RefreshAsync(http, Holds)).Status);
    }
}
