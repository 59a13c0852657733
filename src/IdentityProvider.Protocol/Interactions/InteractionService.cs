using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Consents;
using IdentityProvider.Protocol.Endpoints;
using IdentityProvider.Protocol.Endpoints.Authorization;
using IdentityProvider.Protocol.Endpoints.EndSession;
using IdentityProvider.Protocol.Events;
using IdentityProvider.Protocol.Logout;
using IdentityProvider.Protocol.Scopes;
using IdentityProvider.Protocol.Subjects;
using IdentityProvider.Protocol.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Protocol.Interactions;

/// <summary>What the hosted pages may do with a pending request.</summary>
public sealed class InteractionService
{
    private readonly PendingRequests _pending;
    private readonly IInteractionStore _store;
    private readonly IConsentStore _consents;
    private readonly AuthorizationRequestRules _rules;
    private readonly IResourceSource _resources;
    private readonly ISubjects _subjects;
    private readonly LogoutRequests _logouts;
    private readonly LogoutCompletion _completion;
    private readonly FrontChannelLogout _frontChannel;
    private readonly SecurityEvents _events;
    private readonly TimeProvider _time;
    private readonly RefreshTokenOptions _refreshTokens;
    private readonly string _issuer;

    internal InteractionService(
        PendingRequests pending,
        IInteractionStore store,
        IConsentStore consents,
        AuthorizationRequestRules rules,
        IResourceSource resources,
        ISubjects subjects,
        LogoutRequests logouts,
        LogoutCompletion completion,
        FrontChannelLogout frontChannel,
        SecurityEvents events,
        TimeProvider time,
        IOptions<RefreshTokenOptions> refreshTokens,
        IOptions<ProtocolOptions> options)
    {
        _pending = pending;
        _store = store;
        _consents = consents;
        _rules = rules;
        _resources = resources;
        _subjects = subjects;
        _logouts = logouts;
        _completion = completion;
        _frontChannel = frontChannel;
        _events = events;
        _time = time;
        _refreshTokens = refreshTokens.Value;
        _issuer = options.Value.Issuer;
    }

    /// <summary>The pending authorization of <c>?interaction=</c>; null when it is unknown, or was started by another browser.</summary>
    public async Task<PendingAuthorization?> FindAuthorizationAsync(HttpContext context, string? handle)
    {
        ArgumentNullException.ThrowIfNull(context);
        var interaction = await _pending.FindAsync(context, InteractionKind.Authorize, handle);
        if (interaction is null || PendingRequests.IsParked(interaction))
        {
            return null;
        }

        // Checked again: the client may have changed since.
        var parameters = Parameters.FromJson(interaction.Parameters);
        if (!(await _rules.FindReplyToAsync(parameters, context.RequestAborted)).Succeeded(out var replyTo, out _)
            || !(await _rules.ValidateAsync(parameters, replyTo, context.RequestAborted)).Succeeded(out var request, out _))
        {
            return null;
        }

        var client = request.Client;
        context.Features.Set(new InteractingClient(client.ClientId));
        var session = await _subjects.GetSessionAsync(context);
        var needs = AuthorizationNeeds.Assess(request, session, interaction);
        var remembered = session is not null && client.RequireConsent
            ? await _consents.FindAsync(session.SubjectId, client.ClientId, context.RequestAborted)
            : null;
        return new PendingAuthorization
        {
            Handle = handle!,
            HandleHash = interaction.HandleHash,
            Requested = request,
            Expired = interaction.Expired,
            Client = Describe(request.ReplyTo),
            LoginHint = request.LoginHint,
            AsksForAccount = needs.AccountChoice,
            NeedsSignIn = needs.SignIn,
            NeedsStepUp = needs.StepUp,
            NeedsPasskey = request.Acr.Count > 0 && !AuthenticationContexts.AnyReached(request.Acr, "2"),
            Session = session,
            Scopes = ConsentPage.Lines(request, await _resources.GetAsync(context.RequestAborted), remembered),
            MayRemember = client.RequireConsent && client.AllowRememberConsent,
            OfflineAccess = request.Granted.HasOfflineAccess,
            AccessLasts = request.Granted.HasOfflineAccess
                ? client.AbsoluteRefreshTokenLifetime is { } seconds ? TimeSpan.FromSeconds(seconds) : _refreshTokens.AbsoluteLifetime
                : null,
            ContinueUrl = AuthorizationEndpoint.ContinueUrl(context, handle!),
            RestartUrl = RestartUrl(client),
            FormActionSource = RedirectUris.CspSource(request.ReplyTo.RedirectUri),
            UiLocales = request.UiLocales,
        };
    }

    /// <summary>The person allows these scopes (required ones are added). Then send the browser to <see cref="PendingAuthorization.ContinueUrl"/>.</summary>
    public async Task AllowAsync(HttpContext context, PendingAuthorization pending, IReadOnlyCollection<string> scopes, bool remember)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(pending);
        if (pending.Session is not { } session)
        {
            return;
        }

        var request = pending.Requested;
        IReadOnlyList<string> allowed = pending.Scopes.Count == 0
            ? request.Granted.Scopes
            : [.. pending.Scopes.Where(scope => scope.Required || scopes.Contains(scope.Name)).Select(scope => scope.Name)];
        await _store.SetConsentAsync(pending.HandleHash, new ConsentDecision(session.SessionId, allowed), context.RequestAborted);
        if (remember && pending.MayRemember)
        {
            TimeSpan? lifetime = request.Client.ConsentLifetime is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
            var answer = new ConsentAnswer(allowed, [.. request.Granted.Scopes.Except(allowed)]);
            await _consents.SaveAsync(session.SubjectId, request.Client.ClientId, answer, lifetime, context.RequestAborted);
        }

        Report(context, SecurityEventTypes.ConsentGranted, pending, session, string.Join(' ', allowed));
    }

    /// <summary>The person refuses. Then send the browser to <see cref="PendingAuthorization.ContinueUrl"/>, which answers the client <c>access_denied</c>.</summary>
    public async Task DenyAsync(HttpContext context, PendingAuthorization pending)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(pending);
        if (pending.Session is { } session)
        {
            await _store.SetConsentAsync(pending.HandleHash, new ConsentDecision(session.SessionId, Scopes: null), context.RequestAborted);
            Report(context, SecurityEventTypes.ConsentDenied, pending, session, detail: null);
        }
    }

    private void Report(HttpContext context, string type, PendingAuthorization pending, SubjectSession session, string? detail) => _events.Report(new SecurityEvent
    {
        Type = type,
        OccurredAt = _time.GetUtcNow(),
        SubjectId = session.SubjectId,
        SessionId = session.SessionId,
        ClientId = pending.Requested.Client.ClientId,
        Network = CallerMarks.Network(context.Connection.RemoteIpAddress),
        RemoteAddress = context.Connection.RemoteIpAddress?.ToString(),
        UserAgent = CallerMarks.UserAgentFamily(context.Request.Headers.UserAgent.ToString()),
        Detail = detail,
    });

    /// <summary>The person goes on with the account that is signed in (<c>prompt=select_account</c>).</summary>
    public async Task SelectSessionAsync(PendingAuthorization pending, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(pending);
        if (pending.Session is { } session)
        {
            await _store.SetSelectedSessionAsync(pending.HandleHash, session.SessionId, cancellationToken);
        }
    }

    /// <summary>
    /// The person does not want to prove more. Then send the browser to <see cref="PendingAuthorization.ContinueUrl"/>: the client gets what
    /// was achieved, or an error if it insists.
    /// </summary>
    public async Task DeclineStepUpAsync(PendingAuthorization pending, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(pending);
        if (pending.Session is { } session)
        {
            await _store.SetStepUpDeclinedAsync(pending.HandleHash, session.SessionId, cancellationToken);
        }
    }

    /// <summary>The pending logout of <c>?interaction=</c>; null when it is unknown, or was started by another browser.</summary>
    public async Task<PendingLogout?> FindLogoutAsync(HttpContext context, string? handle)
    {
        ArgumentNullException.ThrowIfNull(context);
        var interaction = await _pending.FindAsync(context, InteractionKind.EndSession, handle);
        if (interaction is null || PendingRequests.IsParked(interaction))
        {
            return null;
        }

        var parameters = Parameters.FromJson(interaction.Parameters);
        var logout = await _logouts.ReadAsync(parameters, context.RequestAborted);
        if (logout.Client is { } client)
        {
            context.Features.Set(new InteractingClient(client.ClientId));
        }

        var frames = interaction is { Ended: { } ended, Expired: false } ? await _frontChannel.FindFramesAsync(ended, context.RequestAborted) : [];
        return new PendingLogout
        {
            Handle = handle!,
            Expired = interaction.Expired,
            ClientName = logout.Client?.ClientName ?? logout.Client?.ClientId,
            ClientUri = logout.Client?.ClientUri,
            RedirectUrl = logout.RedirectUrl,
            FormActionSource = logout.RedirectUrl is { } url ? RedirectUris.CspSource(url) : null,
            UiLocales = parameters["ui_locales"],
            Frames = frames,
            FrameSources = [.. frames.Select(RedirectUris.CspSource).Distinct()],
            Parameters = parameters,
            Requested = logout,
        };
    }

    /// <summary>
    /// Ends the session of this browser, for a client's request or for none. Then send the browser to the returned address: back to the
    /// client, or <c>/account/logged-out</c>, which may have <see cref="PendingLogout.Frames"/> to open first. From a form, by <see cref="LeaveAsync"/>.
    /// </summary>
    public Task<string> SignOutAsync(HttpContext context, PendingLogout? pending)
    {
        ArgumentNullException.ThrowIfNull(context);
        return _completion.SignOutAsync(context, pending?.Parameters ?? Parameters.None, pending?.Requested ?? new LogoutRequest());
    }

    /// <summary>Sends a browser from a form to an address that may be a client's, from where it may be sent on.</summary>
    public static Task LeaveAsync(HttpContext context, string url)
    {
        ArgumentNullException.ThrowIfNull(context);
        return WayOut.LeaveAsync(context, url);
    }

    private static ClientView Describe(ReplyTo replyTo) => new()
    {
        Name = replyTo.Client.ClientName ?? replyTo.Client.ClientId,
        ReturnHost = RedirectUris.DisplayHost(replyTo.RedirectUri),
        Uri = replyTo.Client.ClientUri,
        LogoUri = replyTo.Client.LogoUri,
        PolicyUri = replyTo.Client.PolicyUri,
        TosUri = replyTo.Client.TosUri,
    };

    /// <summary>OpenID Connect Core §4: a client that can be told to start a sign-in is told; else its home page.</summary>
    private string? RestartUrl(Client client) => client.InitiateLoginUri is { } uri
        ? $"{uri}{(uri.Contains('?', StringComparison.Ordinal) ? '&' : '?')}iss={Uri.EscapeDataString(_issuer)}"
        : client.ClientUri;
}
