using IdentityProvider.Protocol.Grants;

namespace IdentityProvider.Storage.Tests.Grants;

/// <summary>
/// What a store must not be: it reads, decides, and writes then. The barrier between the two makes every presenter read before the
/// first one writes, so that the race is certain.
/// </summary>
internal sealed class RacyGrantStore(IGrantStore inner, int presenters) : IGrantStore, IDisposable
{
    private readonly Barrier _allHaveRead = new(presenters);
    private volatile bool _used;

    public Task<CodeRedemption> RedeemCodeAsync(CodePresentation presentation) =>
        Task.FromResult(new CodeRedemption(Use() ? CodeVerdict.Redeemed : CodeVerdict.DoubleSubmit, DateTimeOffset.UnixEpoch));

    public Task<RefreshOutcome> RefreshAsync(RefreshPresentation presentation) =>
        Task.FromResult(new RefreshOutcome(Use() ? RefreshVerdict.Rotated : RefreshVerdict.Retried, DateTimeOffset.UnixEpoch));

    public Task<CodeIssueVerdict> IssueCodeAsync(NewAuthorizationCode code) => inner.IssueCodeAsync(code);

    public Task<AccessTokenStatus?> CheckAccessTokenAsync(AccessTokenReference token, bool withSubject, CancellationToken cancellationToken) =>
        inner.CheckAccessTokenAsync(token, withSubject, cancellationToken);

    public Task StoreReferenceTokenAsync(NewReferenceToken token) => inner.StoreReferenceTokenAsync(token);

    public Task<ReferenceToken?> FindReferenceTokenAsync(byte[] tokenHash, bool withSubject, CancellationToken cancellationToken) =>
        inner.FindReferenceTokenAsync(tokenHash, withSubject, cancellationToken);

    public Task RevokeGrantAsync(Guid grantId, string clientId, string reason) => inner.RevokeGrantAsync(grantId, clientId, reason);

    public Task RevokeAccessTokenAsync(AccessTokenReference token, DateTimeOffset expiresAt) => inner.RevokeAccessTokenAsync(token, expiresAt);

    public void Dispose() => _allHaveRead.Dispose();

    private bool Use()
    {
        var used = _used;
        _allHaveRead.SignalAndWait();
        _used = true;
        return !used;
    }
}
