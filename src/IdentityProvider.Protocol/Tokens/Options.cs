using System.ComponentModel.DataAnnotations;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Grants;

namespace IdentityProvider.Protocol.Tokens;

/// <summary>Section <c>Tokens</c>: lifetimes and algorithms where a client or resource says nothing.</summary>
public sealed record TokenOptions
{
    /// <summary>60 s: a code is redeemed at once or never, and FAPI 2.0 allows no more.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "00:10:00")]
    public TimeSpan AuthorizationCodeLifetime { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>15 min: the longest time for which a resource that does not introspect honours a revoked token.</summary>
    [Range(typeof(TimeSpan), "00:00:30", "1.00:00:00")]
    public TimeSpan AccessTokenLifetime { get; set; } = TimeSpan.FromSeconds(900);

    /// <summary>5 min: an ID token is read once, at sign-in.</summary>
    [Range(typeof(TimeSpan), "00:00:30", "1.00:00:00")]
    public TimeSpan IdentityTokenLifetime { get; set; } = TimeSpan.FromSeconds(300);

    /// <summary>ES256: signing costs a tenth of RS256. A resource or client may ask for another one.</summary>
    [AllowedValues("ES256", "RS256")]
    public string AccessTokenSigningAlgorithm { get; set; } = "ES256";

    /// <summary>How long a pending interaction (sign-in, consent) can be continued.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan InteractionLifetime { get; set; } = TimeSpan.FromHours(1);
}

/// <summary>Section <c>RefreshTokens</c>.</summary>
public sealed record RefreshTokenOptions
{
    /// <summary>30 d: after that the person signs in again, whatever happens.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan AbsoluteLifetime { get; set; } = TimeSpan.FromDays(30);

    /// <summary>14 d without use.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan SlidingLifetime { get; set; } = TimeSpan.FromDays(14);

    /// <summary>30 s: how long after a rotation the previous token gets the same successor again.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan RetryWindow { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>10 min: how long an authenticated client may still ask, once, for a successor whose response was lost.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan LostResponseWindow { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>RevokeFamily: whoever holds the stolen token loses it, and the person keeps what has nothing to do with it.</summary>
    [EnumDataType(typeof(ReuseReaction))]
    public ReuseReaction OnReuse { get; set; } = ReuseReaction.RevokeFamily;

    /// <summary>Signal: phones change networks all day, so another network is worth an event and no sign-out.</summary>
    [EnumDataType(typeof(DeviceBinding))]
    public DeviceBinding DeviceBinding { get; set; } = DeviceBinding.Signal;
}
