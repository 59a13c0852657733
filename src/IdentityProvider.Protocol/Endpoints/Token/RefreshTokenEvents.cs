using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Events;
using IdentityProvider.Protocol.Grants;

namespace IdentityProvider.Protocol.Endpoints.Token;

/// <summary>Which verdicts on refresh tokens are worth an event.</summary>
internal static class RefreshTokenEvents
{
    /// <summary>Null: nothing that anybody would want to know.</summary>
    public static SecurityEvent? Of(RefreshOutcome outcome, TokenRequest request, DeviceBinding binding)
    {
        var type = outcome.Verdict switch
        {
            RefreshVerdict.Rotated or RefreshVerdict.Reused when outcome.Moved && binding != DeviceBinding.Off => SecurityEventTypes.RefreshTokenMoved,
            RefreshVerdict.RetriedElsewhere => SecurityEventTypes.RefreshTokenRetriedElsewhere,
            RefreshVerdict.RetriedLate => SecurityEventTypes.RefreshTokenRetriedLate,
            RefreshVerdict.LateUnbound => SecurityEventTypes.RefreshTokenLate,
            RefreshVerdict.Stale => SecurityEventTypes.RefreshTokenStale,
            RefreshVerdict.WrongDevice => SecurityEventTypes.RefreshTokenRefusedElsewhere,
            RefreshVerdict.ReuseDetected => SecurityEventTypes.RefreshTokenReused,
            _ => null,
        };
        var reused = outcome.Verdict == RefreshVerdict.ReuseDetected;
        return type is null ? null : new SecurityEvent
        {
            Type = type,
            OccurredAt = outcome.Now,
            SubjectId = outcome.Grant?.SubjectId,
            ClientId = request.Client.ClientId,
            SessionId = outcome.Grant?.SessionId,
            GrantId = outcome.Grant?.Id,
            Network = request.Network,
            UserAgent = request.UserAgent,
            Alarming = reused,
            Recorded = reused,
        };
    }
}
