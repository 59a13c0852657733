using System.Text;
using IdentityProvider.Protocol.Grants;

namespace IdentityProvider.Protocol.Tokens;

/// <summary>A live access token, and what the store knew of the person when it judged.</summary>
internal sealed record LiveAccessToken(VerifiedAccessToken Token, AccessTokenStatus Status);

/// <summary>Finds out whether a presented access token, JWT or reference, is genuine and alive: one round trip.</summary>
internal sealed class AccessTokens(AccessTokenVerifier verifier, IGrantStore grants)
{
    public async Task<LiveAccessToken?> FindLiveAsync(string token, bool withSubject, CancellationToken cancellationToken)
    {
        var (verified, status) = token.Contains('.', StringComparison.Ordinal)
            ? await CheckJwtAsync(token, withSubject, cancellationToken)
            : await CheckReferenceAsync(token, withSubject, cancellationToken);
        return verified is not null && status is not null && verified.ExpiresAt > status.Now
            ? new LiveAccessToken(verified, status)
            : null;
    }

    private async Task<(VerifiedAccessToken? Token, AccessTokenStatus? Status)> CheckJwtAsync(
        string token, bool withSubject, CancellationToken cancellationToken)
    {
        if (await verifier.VerifyAsync(token) is not { } verified)
        {
            return (null, null);
        }

        return (verified, await grants.CheckAccessTokenAsync(verified.Reference, withSubject, cancellationToken));
    }

    private async Task<(VerifiedAccessToken? Token, AccessTokenStatus? Status)> CheckReferenceAsync(
        string token, bool withSubject, CancellationToken cancellationToken)
    {
        var stored = await grants.FindReferenceTokenAsync(Handles.Hash(token), withSubject, cancellationToken);
        return stored is null ? (null, null) : (VerifiedAccessToken.Read(Encoding.UTF8.GetBytes(stored.Claims)), stored.Status);
    }
}
