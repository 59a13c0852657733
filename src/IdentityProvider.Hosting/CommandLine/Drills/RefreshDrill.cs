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

    public int Unavailable { get; init; }

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

    private readonly ConcurrentBag<TimeSpan> _latencies = [];
    private int _dropped;
    private int _refused;
    private int _unavailable;

    /// <summary>
    /// Refreshes until the rounds are over, or the chain has ended and <paramref name="signIn"/>, which brings the first token of another
    /// one, is null. Returns the report and the token that the client holds.
    /// </summary>
    /// <exception cref="ConfigurationException">The client or its token is not fit for the drill.</exception>
    public async Task<(RefreshReport Report, string Token)> RunAsync(string refreshToken, Func<Task<string>>? signIn, CancellationToken cancellationToken)
    {
        var stored = refreshToken;
        var (rounds, rotations, same, second, logOuts) = (0, 0, 0, 0, 0);
        while (rounds < habits.Rounds && !cancellationToken.IsCancellationRequested)
        {
            var held = stored;
            var received = (await Task.WhenAll(Enumerable.Range(0, habits.Tabs).Select(_ => TabAsync(held)))).SelectMany(tokens => tokens).ToList();
            rounds++;
            if (received.Count == 0)
            {
                logOuts++;
                if (signIn is null)
                {
                    break;
                }

                stored = await signIn();
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
            LogOuts = logOuts,
            Median = Percentile(latencies, 0.5),
            Percentile99 = Percentile(latencies, 0.99),
        }, stored);
    }

    /// <summary>Every token that this tab was sent, the lost ones included; the last one is what it has read.</summary>
    private async Task<IReadOnlyList<string>> TabAsync(string held)
    {
        var sent = new List<string>();
        for (var attempt = 0; attempt < MostAttempts; attempt++)
        {
            var start = time.GetTimestamp();
            var answer = await client.RefreshAsync(held);
            _latencies.Add(time.GetElapsedTime(start));
            if (answer.Unavailable)
            {
                Interlocked.Increment(ref _unavailable);
                await Task.Delay(_pause, time);
            }
            else if (answer.Succeeded)
            {
                sent.Add(answer["refresh_token"] ?? throw new ConfigurationException(
                    $"The answer to client '{client.Id}' has no refresh token: the drill needs a client with AllowOfflineAccess."));
                if (!IsDropped())
                {
                    return sent;
                }

                Interlocked.Increment(ref _dropped);
            }
            else if (answer["error"] == "invalid_grant")
            {
                // What was sent before and got lost is no use to this tab.
                Interlocked.Increment(ref _refused);
                return [];
            }
            else
            {
                throw new ConfigurationException($"Client '{client.Id}' cannot refresh: {answer}.");
            }
        }

        return sent.Count > 0 ? sent : throw new ConfigurationException($"{client.Http.BaseAddress} did not answer {MostAttempts} times in a row.");
    }

    private bool IsDropped() => RandomNumberGenerator.GetInt32(1_000_000) < habits.DroppedShare * 1_000_000;

    private static TimeSpan Percentile(List<TimeSpan> sorted, double share) =>
        sorted.Count == 0 ? TimeSpan.Zero : sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * share))];
}
