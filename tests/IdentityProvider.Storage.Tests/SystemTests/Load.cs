using System.Collections.Concurrent;
using System.Net;

namespace IdentityProvider.Storage.Tests.SystemTests;

/// <summary>Requests that go on while something happens. Every answer is kept.</summary>
internal sealed class Load : IAsyncDisposable
{
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(10);

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, ConcurrentQueue<Answer>> _recent = new();
    private readonly ConcurrentQueue<Answer> _seen = new();
    private readonly List<Task> _loops = [];

    public IReadOnlyCollection<Answer> Seen => _seen;

    public void Run(string name, Func<Task<Answer>> request)
    {
        _recent[name] = new ConcurrentQueue<Answer>();
        _loops.Add(Task.Run(async () =>
        {
            while (!_stop.IsCancellationRequested)
            {
                var answer = await request();
                _seen.Enqueue(answer);
                _recent[name].Enqueue(answer);
                await Task.Delay(_pause);
            }
        }));
    }

    /// <summary>What was seen so far no longer counts for <see cref="UntilEachAsync"/>.</summary>
    public void Forget()
    {
        foreach (var answers in _recent.Values)
        {
            answers.Clear();
        }
    }

    /// <summary>Every kind of request has had such an answer, a few times over.</summary>
    public Task UntilEachAsync(Func<Answer, bool> wanted) => Eventually.BecomesTrueAsync(
        () => _loops.Find(loop => loop.IsFaulted) is { } broken
            ? throw broken.Exception!
            : _recent.Values.All(answers => answers.Count(wanted) >= 3),
        $"Each of {string.Join(", ", _recent.Keys)} is answered as wanted; the statuses were {string.Join(", ", _seen.Select(answer => answer.Status).Distinct<HttpStatusCode>())}");

    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_loops);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_loops.Select(loop => loop.ContinueWith(_ => { }, TaskScheduler.Default)));
        _stop.Dispose();
    }
}
