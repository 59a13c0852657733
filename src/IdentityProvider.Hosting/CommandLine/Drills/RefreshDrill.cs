using System.Collections.Concurrent;
using System.Security.Cryptography;
using IdentityProvider.Hosting.Configuration;

namespace IdentityProvider.Hosting.CommandLine.Drills;

/// <summary>What a client does.</summary>
/// <param name="Tabs">How many of its tabs refresh at the same moment, with the token that they share.</param>
/// <param name="DroppedShare">How many of the answers get lost, from 0 to 1; the tab then asks again with the token that it has.</param>
/// <param name="Rounds">How often the tabs do so.</param>
internal sealed record RefreshHabits(int Tabs, double DroppedShare, int Rounds);

/// <summary>What came of it.</summary>
internal sealed record RefreshReport
{
    public int Rounds { get; init; }

    public int Requests { get; init; }

    public int Dropped { get; init; }

    public int Rotations { get; init; }

    /// <summary>Answers that were the successor which another one had brought already.</summary>
    public int SameSuccessor { get; init; }

    /// <summary>Successors of a token that had one already: whoever stores the wrong one is logged out later.</summary>
    public int SecondSuccessors { get; init; }

    public int Refused { get; init; }

    /// <summary>Requests without an answer, and those that were answered with 503.</summary>
    public int Unavailable { get; init; }

    /// <summary>Answers with 429.</summary>
    public int Throttled { get; init; }

    /// <summary>Rounds in which the server decided nothing, however often it was asked.</summary>
    public int Undecided { get; init; }

    /// <summary>Chains that could not go on: every tab was refused, and none holds a token that works.</summary>
    public int LogOuts { get; init; }

    public TimeSpan Median { get; init; }

    public TimeSpan Percentile99 { get; init; }
}

/// <summary>
/// A careless client: tabs that share one stored token, refresh at the same moment, lose answers, and ask again. A server that rotates
/// refresh tokens must neither log it out nor give two successors to one token.
/// </summary>
internal sealed class RefreshDrill(DrillClient client, RefreshHabits habits, TimeProvider time)
{
    private const int MostAttempts = 20;

    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(30);

    private readonly ConcurrentBag<TimeSpan> _latencies = [];
    private int _dropped;
    private int _refused;
    private int _unavailable;
    private int _throttled;
    private volatile bool _answered;

    /// <summary>
    /// Refreshes until the rounds are over, or the chain has ended and <paramref name="signIn"/>, which brings the first token of another
    /// one, is null. An outage is counted, and waited for. Returns the report and the token that the client holds, if it holds one.
    /// </summary>
    /// <exception cref="ConfigurationException">The client or its token is not fit for the drill, or there is no server.</exception>
    public async Task<(RefreshReport Report, string? Token)> RunAsync(string refreshToken, Func<Task<string>>? signIn, CancellationToken cancellationToken)
    {
        string? stored = refreshToken;
        var (rounds, rotations, same, second, undecided, logOuts) = (0, 0, 0, 0, 0, 0);
        while (rounds < habits.Rounds && !cancellationToken.IsCancellationRequested)
        {
            rounds++;
            if ((stored ??= await SignInAgainAsync(signIn!, cancellationToken)) is not { } held)
            {
                undecided++;
                continue;
            }

            var tabs = await Task.WhenAll(Enumerable.Range(0, habits.Tabs).Select(_ => TabAsync(held, cancellationToken)));
            var received = tabs.SelectMany(tab => tab.Received).ToList();
            if (received.Count == 0 && !tabs.All(tab => tab.Refused))
            {
                // The token may be as good as before.
                undecided++;
                if (!_answered && !cancellationToken.IsCancellationRequested)
                {
                    throw new ConfigurationException($"{client.Http.BaseAddress} did not answer {MostAttempts} times in a row.");
                }

                continue;
            }

            if (received.Count == 0)
            {
                logOuts++;
                stored = null;
                if (signIn is null)
                {
                    break;
                }

                continue;
            }

            // The tabs write into one place, and the last one stays.
            stored = received[^1];
            var successors = received.Distinct().Where(token => token != held).Count();
            rotations += Math.Min(successors, 1);
            second += Math.Max(successors - 1, 0);
            same += received.Count - Math.Max(successors, 1);
        }

        var latencies = _latencies.Order().ToList();
        return (new RefreshReport
        {
            Rounds = rounds,
            Requests = latencies.Count,
            Dropped = _dropped,
            Rotations = rotations,
            SameSuccessor = same,
            SecondSuccessors = second,
            Refused = _refused,
            Unavailable = _unavailable,
            Throttled = _throttled,
            Undecided = undecided,
            LogOuts = logOuts,
            Median = Percentile(latencies, 0.5),
            Percentile99 = Percentile(latencies, 0.99),
        }, stored);
    }

    /// <summary>Null: not now. It has worked before, so the next round tries again.</summary>
    private async Task<string?> SignInAgainAsync(Func<Task<string>> signIn, CancellationToken cancellationToken)
    {
        try
        {
            return await signIn();
        }
        catch (ConfigurationException)
        {
            await PauseAsync(_pause, cancellationToken);
            return null;
        }
    }

    private async Task<Tab> TabAsync(string held, CancellationToken cancellationToken)
    {
        var received = new List<string>();
        for (var attempt = 0; attempt < MostAttempts && !cancellationToken.IsCancellationRequested; attempt++)
        {
            var start = time.GetTimestamp();
            var answer = await client.RefreshAsync(held);
            _latencies.Add(time.GetElapsedTime(start));
            _answered |= answer.Status is not null;
            if (answer.Unavailable)
            {
                Interlocked.Increment(ref answer.Throttled ? ref _throttled : ref _unavailable);
                await PauseAsync(answer.RetryAfter ?? _pause, cancellationToken);
            }
            else if (answer.Succeeded)
            {
                received.Add(answer["refresh_token"] ?? throw new ConfigurationException(
                    $"The answer to client '{client.Id}' has no refresh token: the drill needs a client with AllowOfflineAccess."));
                if (!IsDropped())
                {
                    return new Tab(received, Refused: false);
                }

                Interlocked.Increment(ref _dropped);
            }
            else if (answer["error"] == "invalid_grant")
            {
                // What was sent before and got lost is no use to this tab.
                Interlocked.Increment(ref _refused);
                return new Tab([], Refused: true);
            }
            else
            {
                throw new ConfigurationException($"Client '{client.Id}' cannot refresh: {answer}.");
            }
        }

        return new Tab(received, Refused: false);
    }

    /// <summary>As long as the server asks for, within reason. An end of the drill cuts it short.</summary>
    private async Task PauseAsync(TimeSpan wanted, CancellationToken cancellationToken)
    {
        var pause = wanted < _pause ? _pause : wanted > _longestPause ? _longestPause : wanted;
        await Task.Delay(pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private bool IsDropped() => RandomNumberGenerator.GetInt32(1_000_000) < habits.DroppedShare * 1_000_000;

    private static TimeSpan Percentile(List<TimeSpan> sorted, double share) =>
        sorted.Count == 0 ? TimeSpan.Zero : sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * share))];

    /// <param name="Received">Every token that this tab was sent, the lost ones included; the last one is what it has read.</param>
    /// <param name="Refused">The server will not have the token that it came with.</param>
    private sealed record Tab(IReadOnlyList<string> Received, bool Refused);
}
