using IdentityProvider.Protocol.Grants;

namespace IdentityProvider.Storage.Tests.Grants;

/// <summary>What one of many presenters was told.</summary>
/// <param name="Verdict">The name of the verdict.</param>
/// <param name="SealedSuccessor">The successor handed out, as hex; for a rotation the one that the presenter brought.</param>
public sealed record Presented(string Verdict, string? SealedSuccessor = null)
{
    /// <summary>Presents the code from this many threads at once. Threads, since a SQLite call never yields.</summary>
    public static IReadOnlyList<Presented> CodeAtOnce(IGrantStore store, CodePresentation code, int threads) => AtOnce(threads, () =>
        new Presented(store.RedeemCodeAsync(code with { GrantId = Scene.Id(), RefreshSecretHash = Scene.Bytes() }).GetAwaiter().GetResult().Verdict.ToString()));

    /// <summary>Presents the refresh token from this many threads at once, each with a successor of its own.</summary>
    public static IReadOnlyList<Presented> TokenAtOnce(IGrantStore store, RefreshPresentation token, int threads) => AtOnce(threads, () =>
    {
        var mine = token with { SuccessorHash = Scene.Bytes(), SealedSuccessor = Scene.Bytes() };
        var outcome = store.RefreshAsync(mine).GetAwaiter().GetResult();
        var successor = outcome.Verdict == RefreshVerdict.Rotated ? mine.SealedSuccessor : outcome.SealedSuccessor;
        return new Presented(outcome.Verdict.ToString(), successor is null ? null : Convert.ToHexString(successor));
    });

    private static Presented[] AtOnce(int count, Func<Presented> present)
    {
        using var barrier = new Barrier(count);
        var results = new Presented[count];
        var threads = Enumerable.Range(0, count).Select(index => new Thread(() =>
        {
            barrier.SignalAndWait();
            try
            {
                results[index] = present();
            }
            catch (Exception exception) when (exception is not OutOfMemoryException)
            {
                results[index] = new Presented(exception.ToString());
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
        return results;
    }
}
