using IdentityProvider.Protocol.Grants;

namespace IdentityProvider.Storage.Grants;

/// <summary>The decision on a presented code, for an engine that decides in C#. PostgreSQL decides the same in SQL.</summary>
internal static class CodeDecision
{
    /// <summary>What the decision needs of a stored code.</summary>
    public sealed record State(
        string ClientId,
        string RedirectUri,
        string? CodeChallenge,
        IReadOnlyList<string> Resources,
        DateTimeOffset ExpiresAt,
        DateTimeOffset? RedeemedAt,
        bool Alive);

    /// <summary>
    /// Whoever is not the client, or cannot repeat redirect URI and verifier, learns and changes nothing: those arms come first, so that
    /// a stolen code neither burns the real one nor revokes what it gave.
    /// </summary>
    public static CodeVerdict Judge(State? code, CodePresentation presented, DateTimeOffset now) => code switch
    {
        null => CodeVerdict.Unknown,
        _ when code.ClientId != presented.ClientId => CodeVerdict.WrongClient,
        _ when !RedirectUriMatches(code, presented) => CodeVerdict.WrongRedirectUri,
        _ when code.CodeChallenge != presented.VerifierChallenge => CodeVerdict.WrongVerifier,
        _ when presented.Resources?.Except(code.Resources).Any() == true => CodeVerdict.InvalidTarget,
        { RedeemedAt: { } redeemedAt } => IsDoubleSubmit(code, presented, now - redeemedAt) ? CodeVerdict.DoubleSubmit : CodeVerdict.Replayed,
        _ when code.ExpiresAt <= now => CodeVerdict.Expired,
        { Alive: false } => CodeVerdict.Dead,
        _ => CodeVerdict.Redeemed,
    };

    private static bool RedirectUriMatches(State code, CodePresentation presented) =>
        presented.RedirectUri is null ? presented.RedirectUriOptional : presented.RedirectUri == code.RedirectUri;

    /// <summary>Challenge and verifier agree by now, so a challenge means that the caller proved to be the one who started.</summary>
    private static bool IsDoubleSubmit(State code, CodePresentation presented, TimeSpan age) =>
        code.CodeChallenge is not null && presented.ClientAuthenticated && age < presented.DoubleSubmitWindow;
}
