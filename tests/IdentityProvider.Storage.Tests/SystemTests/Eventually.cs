using Xunit;

namespace IdentityProvider.Storage.Tests.SystemTests;

/// <summary>Waits for a condition, not for a time: the limit is only there to end a test that is red.</summary>
internal static class Eventually
{
    private static readonly TimeSpan _limit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(25);

    public static Task BecomesTrueAsync(Func<bool> condition, string what) =>
        BecomesAsync(() => Task.FromResult(condition()), it => it, what);

    /// <summary>Asks until the answer is as wanted, and returns it.</summary>
    public static async Task<T> BecomesAsync<T>(Func<Task<T>> ask, Func<T, bool> wanted, string what)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var answer = await ask();
            if (wanted(answer))
            {
                return answer;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(started) < _limit, $"{what}: not within {_limit.TotalSeconds} s; the last answer was {answer}");
            await Task.Delay(_pause);
        }
    }
}
