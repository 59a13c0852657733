using IdentityProvider.Protocol.Endpoints;
using IdentityProvider.Protocol.Endpoints.Authorization;
using IdentityProvider.Protocol.Endpoints.EndSession;
using IdentityProvider.Protocol.Subjects;

namespace IdentityProvider.Protocol.Interactions;

/// <summary>Who asks, in words for people.</summary>
public sealed record ClientView
{
    /// <summary>The client's name, or its id.</summary>
    public required string Name { get; init; }

    /// <summary>The host that the person goes back to; the scheme for a native client.</summary>
    public required string ReturnHost { get; init; }

    /// <summary>The client's home page.</summary>
    public string? Uri { get; init; }

    /// <summary>The client's logo.</summary>
    public string? LogoUri { get; init; }

    /// <summary>The client's privacy policy.</summary>
    public string? PolicyUri { get; init; }

    /// <summary>The client's terms of service.</summary>
    public string? TosUri { get; init; }
}

/// <summary>One line of the consent page.</summary>
public sealed record ConsentScope
{
    /// <summary>The scope: the value of the checkbox.</summary>
    public required string Name { get; init; }

    /// <summary>What it is called; null: the page's own words for a scope of OpenID Connect.</summary>
    public string? DisplayName { get; init; }

    /// <summary>What it means.</summary>
    public string? Description { get; init; }

    /// <summary>Cannot be deselected.</summary>
    public bool Required { get; init; }

    /// <summary>Stressed.</summary>
    public bool Emphasize { get; init; }

    /// <summary>Was allowed before.</summary>
    public bool Remembered { get; init; }
}

/// <summary>An authorization request that waits for a person: what the pages need of it.</summary>
public sealed record PendingAuthorization
{
    /// <summary>The handle of the URL: goes into <c>?interaction=</c>.</summary>
    public required string Handle { get; init; }

    /// <summary>Its time is over: show "This page has expired", with <see cref="RestartUrl"/> as the way on.</summary>
    public required bool Expired { get; init; }

    /// <summary>Who asks.</summary>
    public required ClientView Client { get; init; }

    /// <summary>What the client says the person's name is.</summary>
    public string? LoginHint { get; init; }

    /// <summary>The client asked for an account choice (<c>prompt=select_account</c>), which has not been made yet.</summary>
    public required bool AsksForAccount { get; init; }

    /// <summary>
    /// The client asked for a new sign-in (<c>prompt=login</c>, <c>max_age</c>), and the present session, if any, does not meet that.
    /// False with a session means that the person may just continue.
    /// </summary>
    public required bool NeedsSignIn { get; init; }

    /// <summary>The client asked for a stronger authentication (<c>acr_values</c>) than the present session has.</summary>
    public bool NeedsStepUp { get; init; }

    /// <summary>Nothing less than a passkey meets what the client asked for.</summary>
    public bool NeedsPasskey { get; init; }

    /// <summary>Who is signed in at this browser.</summary>
    public SubjectSession? Session { get; init; }

    /// <summary>What is asked for, line by line.</summary>
    public required IReadOnlyList<ConsentScope> Scopes { get; init; }

    /// <summary>Whether the page offers to remember the answer.</summary>
    public required bool MayRemember { get; init; }

    /// <summary>The client keeps access while the person is away.</summary>
    public required bool OfflineAccess { get; init; }

    /// <summary>How long access lasts without another question; null: it ends with the session.</summary>
    public TimeSpan? AccessLasts { get; init; }

    /// <summary>Where the browser goes on after sign-in or consent: GET, on this server.</summary>
    public required string ContinueUrl { get; init; }

    /// <summary>Where to start again at the client, when the client has told; else null.</summary>
    public string? RestartUrl { get; init; }

    /// <summary>The source expression that <c>form-action</c> must name, since the form's redirects end there.</summary>
    public required string FormActionSource { get; init; }

    /// <summary>The <c>ui_locales</c> parameter.</summary>
    public string? UiLocales { get; init; }

    internal byte[] HandleHash { get; init; } = [];

    internal AuthorizationRequest Requested { get; init; } = null!;
}

/// <summary>A logout request that waits for a person's confirmation.</summary>
public sealed record PendingLogout
{
    /// <summary>The handle of the URL.</summary>
    public required string Handle { get; init; }

    /// <summary>Its time is over.</summary>
    public required bool Expired { get; init; }

    /// <summary>The client that asks, when the request proved one.</summary>
    public string? ClientName { get; init; }

    /// <summary>The client's home page.</summary>
    public string? ClientUri { get; init; }

    /// <summary>Where the person is sent afterwards, with <c>state</c>; validated; null: the "logged out" page.</summary>
    public string? RedirectUrl { get; init; }

    /// <summary>The source expression for <c>form-action</c>; null when there is no redirect.</summary>
    public string? FormActionSource { get; init; }

    /// <summary>The <c>ui_locales</c> parameter.</summary>
    public string? UiLocales { get; init; }

    /// <summary>
    /// Of a logout that is done: pages of clients that the browser has to open, in hidden frames, before it goes on to <see cref="RedirectUrl"/>.
    /// </summary>
    public IReadOnlyList<string> Frames { get; init; } = [];

    /// <summary>The source expressions that <c>frame-src</c> must name for them.</summary>
    public IReadOnlyList<string> FrameSources { get; init; } = [];

    internal Parameters Parameters { get; init; } = Parameters.None;

    internal LogoutRequest Requested { get; init; } = new();
}
