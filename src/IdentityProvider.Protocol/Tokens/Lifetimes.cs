using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Keys;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Protocol.Tokens;

/// <summary>How long the tokens of one answer live.</summary>
/// <param name="AccessToken">The access token.</param>
/// <param name="IdentityToken">The ID token.</param>
/// <param name="RefreshIdle">A first refresh token, unused.</param>
/// <param name="RefreshAbsolute">Its family.</param>
/// <param name="RefreshUse">What a use of a refresh token leaves it, unused from then on; null: use changes nothing.</param>
internal sealed record TokenLifetimes(
    TimeSpan AccessToken, TimeSpan IdentityToken, TimeSpan RefreshIdle, TimeSpan RefreshAbsolute, TimeSpan? RefreshUse);

/// <summary>
/// Lifetimes of a client: its own, else the configured ones, and no more than any policy allows. What a key signs never outlives it,
/// wherever the client comes from.
/// </summary>
internal sealed class Lifetimes(
    IEnumerable<ILifetimePolicy> policies,
    IOptions<TokenOptions> tokenOptions,
    IOptions<RefreshTokenOptions> refreshOptions,
    IOptions<KeyManagementOptions> keyOptions)
{
    private static readonly TimeSpan s_shortest = TimeSpan.FromSeconds(1);

    private readonly IReadOnlyList<ILifetimePolicy> _policies = [.. policies];

    public async ValueTask<TokenLifetimes> DecideAsync(LifetimeRequest request, CancellationToken cancellationToken)
    {
        var lifetimes = Of(request.Client);
        foreach (var policy in _policies)
        {
            lifetimes = Shorten(lifetimes, await policy.LimitAsync(request, cancellationToken));
        }

        return lifetimes;
    }

    private TokenLifetimes Of(Client client)
    {
        var absolute = Seconds(client.AbsoluteRefreshTokenLifetime) ?? refreshOptions.Value.AbsoluteLifetime;
        var sliding = client.RefreshTokenExpiration == TokenExpiration.Sliding
            ? Seconds(client.SlidingRefreshTokenLifetime) ?? refreshOptions.Value.SlidingLifetime
            : (TimeSpan?)null;
        return new TokenLifetimes(
            Shorter(
                Seconds(client.AccessTokenLifetime) ?? tokenOptions.Value.AccessTokenLifetime,
                client.AccessTokenType == AccessTokenType.Reference ? null : keyOptions.Value.RetentionDuration),
            Shorter(Seconds(client.IdentityTokenLifetime) ?? tokenOptions.Value.IdentityTokenLifetime, keyOptions.Value.RetentionDuration),
            sliding ?? absolute,
            absolute,
            sliding);
    }

    /// <summary>Where use changes nothing, a limit makes it shorten: the store never goes beyond the family's absolute expiry.</summary>
    private static TokenLifetimes Shorten(TokenLifetimes lifetimes, LifetimeLimits limits) => new(
        Shorter(lifetimes.AccessToken, limits.AccessToken),
        Shorter(lifetimes.IdentityToken, limits.IdentityToken),
        Shorter(lifetimes.RefreshIdle, limits.RefreshTokenSliding),
        Shorter(lifetimes.RefreshAbsolute, limits.RefreshTokenAbsolute),
        lifetimes.RefreshUse is { } use ? Shorter(use, limits.RefreshTokenSliding)
            : limits.RefreshTokenSliding is { } limit ? Shorter(lifetimes.RefreshAbsolute, limit)
            : null);

    private static TimeSpan Shorter(TimeSpan lifetime, TimeSpan? limit) =>
        limit is not { } value || value >= lifetime ? lifetime
        : value < s_shortest ? s_shortest
        : value;

    private static TimeSpan? Seconds(int? seconds) => seconds is { } value ? TimeSpan.FromSeconds(value) : null;
}
