using System.Security.Cryptography;
using IdentityProvider.Protocol.Grants;

namespace IdentityProvider.Storage.Grants;

/// <summary>The decision on a presented refresh token, for an engine that decides in C#. PostgreSQL decides the same in SQL.</summary>
internal static class RefreshDecision
{
    /// <summary>Retries from elsewhere that a family is allowed within <see cref="RetriesPeriod"/>.</summary>
    public const int MaxRetriesElsewhere = 3;

    public static readonly TimeSpan RetriesPeriod = TimeSpan.FromHours(24);

    /// <summary>What the decision needs of a family.</summary>
    public sealed record State
    {
        public required string ClientId { get; init; }

        public required IReadOnlyList<string> Scopes { get; init; }

        public required IReadOnlyList<string> Resources { get; init; }

        public required int Generation { get; init; }

        public required byte[]? SecretHash { get; init; }

        public required byte[]? PreviousHash { get; init; }

        public required DateTimeOffset? RotatedAt { get; init; }

        /// <summary>The current refresh token was handed out by a rotation, and has not been used since.</summary>
        public required bool SuccessorUnused { get; init; }

        public required string? Network { get; init; }

        public required string? UserAgent { get; init; }

        public required int Retries { get; init; }

        public required DateTimeOffset? RetriesSince { get; init; }

        public required bool LateRetryUsed { get; init; }

        public required DateTimeOffset IdleExpiresAt { get; init; }

        public required DateTimeOffset AbsoluteExpiresAt { get; init; }

        /// <summary>Neither family, session, person nor client has ended.</summary>
        public required bool Alive { get; init; }
    }

    /// <summary>What changes nothing comes first; then generation by generation.</summary>
    public static RefreshVerdict Judge(State? family, RefreshPresentation presented, DateTimeOffset now)
    {
        if (family is null)
        {
            return RefreshVerdict.Unknown;
        }

        if (family.ClientId != presented.ClientId)
        {
            return RefreshVerdict.WrongClient;
        }

        if (!IsGenuine(family, presented))
        {
            return RefreshVerdict.Unknown;
        }

        if (!family.Alive || family.IdleExpiresAt <= now || family.AbsoluteExpiresAt <= now)
        {
            return RefreshVerdict.Dead;
        }

        if (presented.RequireSameDevice && HasMoved(family, presented))
        {
            return RefreshVerdict.WrongDevice;
        }

        if (presented.Scopes?.Except(family.Scopes).Any() == true)
        {
            return RefreshVerdict.InvalidScope;
        }

        if (presented.Resources?.Except(family.Resources).Any() == true)
        {
            return RefreshVerdict.InvalidTarget;
        }

        if (presented.Generation == family.Generation)
        {
            return presented.Rotate ? RefreshVerdict.Rotated : RefreshVerdict.Reused;
        }

        return JudgeOldGeneration(family, presented, now);
    }

    /// <summary>Whether it comes from elsewhere than the last use; not, where that is not known.</summary>
    public static bool HasMoved(State family, RefreshPresentation presented) =>
        (family.Network is { } network && network != presented.Network) || (family.UserAgent is { } userAgent && userAgent != presented.UserAgent);

    /// <summary>Whether a retry from elsewhere starts a new count.</summary>
    public static bool CountsAnew(DateTimeOffset? retriesSince, DateTimeOffset now) => retriesSince is null || now - retriesSince >= RetriesPeriod;

    /// <summary>Of generations before the previous one no hash is kept: the token's MAC, checked before, has proven them.</summary>
    private static bool IsGenuine(State family, RefreshPresentation presented) => (family.Generation - presented.Generation) switch
    {
        < 0 => false,
        0 => family.SecretHash is not null && CryptographicOperations.FixedTimeEquals(presented.SecretHash, family.SecretHash),
        1 => family.PreviousHash is not null && CryptographicOperations.FixedTimeEquals(presented.SecretHash, family.PreviousHash),
        _ => true,
    };

    private static RefreshVerdict JudgeOldGeneration(State family, RefreshPresentation presented, DateTimeOffset now)
    {
        var age = now - family.RotatedAt;
        var inRetryWindow = age < presented.RetryWindow;
        var isRetry = presented.Generation == family.Generation - 1 && family.SuccessorUnused;

        if (!isRetry)
        {
            return inRetryWindow ? RefreshVerdict.Stale : RefreshVerdict.ReuseDetected;
        }

        if (inRetryWindow)
        {
            var fromSamePlace = presented.Network == family.Network && presented.UserAgent == family.UserAgent;
            return fromSamePlace ? RefreshVerdict.Retried
                : CountsAnew(family.RetriesSince, now) || family.Retries < MaxRetriesElsewhere ? RefreshVerdict.RetriedElsewhere
                : RefreshVerdict.ReuseDetected;
        }

        return presented.ClientAuthenticated && !family.LateRetryUsed && age < presented.LostResponseWindow
            ? RefreshVerdict.RetriedLate
            : RefreshVerdict.LateUnbound;
    }
}
