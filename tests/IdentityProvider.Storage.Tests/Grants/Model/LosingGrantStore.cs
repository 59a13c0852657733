using IdentityProvider.Protocol.Grants;

namespace IdentityProvider.Storage.Tests.Grants.Model;

/// <summary>What a store must not be: whoever loses a race gets a successor that was never stored. Right in every other way.</summary>
internal sealed class LosingGrantStore(IGrantStore inner) : IGrantStore
{
    private static readonly TimeSpan s_overlap = TimeSpan.FromMilliseconds(5);

    private int _inFlight;

    public async Task<RefreshOutcome> RefreshAsync(RefreshPresentation presentation)
    {
        Interlocked.Increment(ref _inFlight);
        await Task.Delay(s_overlap);
        var raced = Volatile.Read(ref _inFlight) > 1;
        var outcome = await inner.RefreshAsync(presentation);
        Interlocked.Decrement(ref _inFlight);
        return raced && outcome.Verdict == RefreshVerdict.Retried ? outcome with { Verdict = RefreshVerdict.Rotated, SealedSuccessor = null } : outcome;
    }

    public Task<CodeIssueVerdict> IssueCodeAsync(NewAuthorizationCode code) => inner.IssueCodeAsync(code);

    public Task<CodeRedemption> RedeemCodeAsync(CodePresentation presentation) => inner.RedeemCodeAsync(presentation);

    public Task<AccessTokenStatus?> CheckAccessTokenAsync(AccessTokenReference token, bool withSubject, CancellationToken cancellationToken) =>
        inner.CheckAccessTokenAsync(token, withSubject, cancellationToken);

    public Task StoreReferenceTokenAsync(NewReferenceToken token) => inner.StoreReferenceTokenAsync(token);

    public Task<ReferenceToken?> FindReferenceTokenAsync(byte[] tokenHash, bool withSubject, CancellationToken cancellationToken) =>
        inner.FindReferenceTokenAsync(tokenHash, withSubject, cancellationToken);

    public Task RevokeGrantAsync(Guid grantId, string clientId, string reason) => inner.RevokeGrantAsync(grantId, clientId, reason);

    public Task RevokeAccessTokenAsync(AccessTokenReference token, DateTimeOffset expiresAt) => inner.RevokeAccessTokenAsync(token, expiresAt);
}
