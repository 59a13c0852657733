using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Errors;
using IdentityProvider.Protocol.Interactions;
using IdentityProvider.Protocol.Subjects;

namespace IdentityProvider.Protocol.Endpoints.Authorization;

/// <summary>What still stands between a valid request and its answer, in the order in which it is asked for.</summary>
internal sealed record AuthorizationNeeds
{
    /// <summary>
    /// How much older than <c>max_age</c> an authentication may be that was made for the request: the answer is on its way, or the person is
    /// reading the consent page.
    /// </summary>
    private static readonly TimeSpan s_grace = TimeSpan.FromMinutes(1);

    /// <summary>Nobody is signed in, or not freshly enough, or somebody else than the hint says.</summary>
    public required bool SignIn { get; init; }

    /// <summary><c>prompt=select_account</c> has not been answered.</summary>
    public required bool AccountChoice { get; init; }

    /// <summary>A stronger authentication is wanted than the session has, and the person has not declined.</summary>
    public bool StepUp { get; init; }

    /// <summary>The request fails without it.</summary>
    public bool StepUpIsEssential { get; init; }

    /// <summary>The consent page has to be shown, whatever was remembered.</summary>
    public required bool Consent { get; init; }

    /// <summary>No answer but this error is possible.</summary>
    public OAuthError? Refusal { get; init; }

    /// <summary>The person's answer in this interaction and session.</summary>
    public ConsentDecision? Decision { get; init; }

    /// <summary>
    /// Weighs a request against the browser's session and what has happened in the interaction. A demand for a fresh sign-in is met by
    /// an authentication that is later than the request; both times are the database's.
    /// </summary>
    public static AuthorizationNeeds Assess(AuthorizationRequest request, SubjectSession? session, Interaction? interaction)
    {
        if (session is null)
        {
            return new AuthorizationNeeds { SignIn = true, AccountChoice = false, Consent = false };
        }

        var fresh = interaction is not null && session.AuthTime >= interaction.CreatedAt;
        var tooOld = session.Now - session.AuthTime > request.MaxAge + (fresh ? s_grace : TimeSpan.Zero);
        var otherPerson = (request.HintedSubject is { } hinted && hinted != session.Subject) || request.Claims.Subjects?.Contains(session.Subject) == false;
        var decision = interaction?.Consent is { } given && given.SessionId == session.SessionId ? given : null;
        var weak = request.Acr.Count > 0 && !AuthenticationContexts.AnyReached(request.Acr, session.Acr);
        var tooWeak = weak && (session.Acr == AuthenticationContexts.Weakest || session.Amr is ["otp"]);
        var signIn = ((request.Prompt.HasFlag(Prompt.Login) || otherPerson || tooWeak) && !fresh) || tooOld || session.Held;
        return new AuthorizationNeeds
        {
            SignIn = signIn,
            AccountChoice = request.Prompt.HasFlag(Prompt.SelectAccount) && !fresh && interaction?.SelectedSessionId != session.SessionId,

            StepUp = weak && interaction?.StepUpDeclinedSessionId != session.SessionId,
            StepUpIsEssential = weak && request.Claims.AcrIsEssential,

            // RFC 8252 §8.6: another app may claim a native client's redirect URI, so a person's click precedes every answer.
            Consent = decision is null && (request.Prompt.HasFlag(Prompt.Consent) || request.Client.ApplicationType == ApplicationType.Native
                || request.Client is { RequireConsent: true, AllowRememberConsent: false }),
            Refusal = signIn ? null : FindRefusal(request, session, otherPerson, decision),
            Decision = decision,
        };
    }

    private static OAuthError? FindRefusal(AuthorizationRequest request, SubjectSession session, bool otherPerson, ConsentDecision? decision)
    {
        // OpenID Connect Core §3.1.2.1 and §5.5.1: a sign-in as somebody else than id_token_hint or claims name is no answer.
        if (otherPerson)
        {
            return OAuthError.LoginRequired("Another person signed in than the request names.");
        }

        return decision is { Scopes: null } ? OAuthError.AccessDenied("The person did not allow the request.") : null;
    }
}
