using System.Net;
using IdentityProvider.Protocol.Clients;

namespace IdentityProvider.Protocol.Tokens;

/// <summary>
/// Shortens lifetimes by risk: outside the office network, say, or for user agents that are out of support. A host may register any
/// number; the shortest limit holds, and none can give more than client and configuration do.
/// </summary>
public interface ILifetimePolicy
{
    /// <summary>The limits for one token request. Asked before the store decides, so it must be quick.</summary>
    ValueTask<LifetimeLimits> LimitAsync(LifetimeRequest request, CancellationToken cancellationToken);
}

/// <summary>What a policy judges.</summary>
public sealed record LifetimeRequest
{
    /// <summary>Who asks for tokens.</summary>
    public required Client Client { get; init; }

    /// <summary>With which grant.</summary>
    public required string GrantType { get; init; }

    /// <summary>From where: of a public client the person's device, of a confidential one its server.</summary>
    public IPAddress? RemoteAddress { get; init; }

    /// <summary>The family of the user agent.</summary>
    public required string UserAgent { get; init; }
}

/// <summary>The longest lives that a policy allows; null: it does not care. Less than a second counts as a second.</summary>
public sealed record LifetimeLimits
{
    /// <summary>No limit.</summary>
    public static LifetimeLimits None { get; } = new();

    /// <summary>Of access tokens.</summary>
    public TimeSpan? AccessToken { get; init; }

    /// <summary>Of ID tokens.</summary>
    public TimeSpan? IdentityToken { get; init; }

    /// <summary>Of refresh tokens, unused.</summary>
    public TimeSpan? RefreshTokenSliding { get; init; }

    /// <summary>Of a family of refresh tokens, decided with its first one.</summary>
    public TimeSpan? RefreshTokenAbsolute { get; init; }
}
