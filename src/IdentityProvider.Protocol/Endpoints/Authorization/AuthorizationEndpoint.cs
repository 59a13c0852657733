using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Errors;
using IdentityProvider.Protocol.Grants;
using IdentityProvider.Protocol.Interactions;
using IdentityProvider.Protocol.Scopes;
using IdentityProvider.Protocol.Sessions;
using IdentityProvider.Protocol.Subjects;
using IdentityProvider.Protocol.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Protocol.Endpoints.Authorization;

/// <summary>The authorization endpoint (RFC 6749 §3.1, OpenID Connect Core §3.1.2).</summary>
internal sealed partial class AuthorizationEndpoint(
    AuthorizationRequestRules rules,
    IClientSource clients,
    AuthorizationResponse response,
    PendingRequests pending,
    ISubjects subjects,
    IGrantStore grants,
    IResourceSource resources,
    ProtocolMetrics metrics,
    IOptions<TokenOptions> options,
    IOptions<ProtocolOptions> protocol,
    ILogger<AuthorizationEndpoint> logger)
{
    public const string Path = "/connect/authorize";
    public const string ContinuePath = "/connect/authorize/continue";

    /// <summary>A new request by GET.</summary>
    public Task HandleGetAsync(HttpContext context) => ProcessAsync(context, Parameters.FromQuery(context.Request), interaction: null);

    /// <summary>A new request by POST: parked, and answered by a GET of ourselves, since a cross-site POST brings no Lax cookie.</summary>
    public async Task HandlePostAsync(HttpContext context)
    {
        if (!(await Parameters.FromFormAsync(context.Request)).Succeeded(out var parameters, out var error))
        {
            await ShowErrorAsync(context, error);
            return;
        }

        if (!(await rules.FindReplyToAsync(parameters, context.RequestAborted)).Succeeded(out var replyTo, out error))
        {
            await ShowErrorAsync(context, error);
            return;
        }

        ProtocolSpans.Client(replyTo.Client.ClientId);
        if (!(await pending.ParkAsync(context, InteractionKind.Authorize, replyTo.Client.ClientId, parameters)).Succeeded(out var handle, out error))
        {
            await ShowErrorAsync(context, error with { ClientId = replyTo.Client.ClientId });
            return;
        }

        ProtocolSpans.Outcome("parked");
        ProtocolResponse.SeeOther(context, ContinueUrl(context, handle));
    }

    /// <summary>Goes on with a request that waited.</summary>
    public async Task HandleContinueAsync(HttpContext context)
    {
        var handle = context.Request.Query[PendingRequests.Parameter].ToString();
        var interaction = await pending.FindAsync(context, InteractionKind.Authorize, handle);
        if (interaction is null || interaction.Expired)
        {
            ProtocolSpans.Outcome("expired");

            // The sign-in page says that the request has expired, and how to go on.
            ProtocolResponse.SeeOther(context, PageUrl(context, "/account/login", handle));
            return;
        }

        await ProcessAsync(context, Parameters.FromJson(interaction.Parameters), PendingRequests.IsParked(interaction) ? null : interaction, handle);
    }

    internal static string ContinueUrl(HttpContext context, string handle) => PageUrl(context, ContinuePath, handle);

    private static string PageUrl(HttpContext context, string path, string handle) =>
        $"{context.Request.PathBase}{path}?{PendingRequests.Parameter}={Uri.EscapeDataString(handle)}";

    private async Task ProcessAsync(HttpContext context, Parameters parameters, Interaction? interaction, string? handle = null)
    {
        if (!(await rules.FindReplyToAsync(parameters, context.RequestAborted)).Succeeded(out var replyTo, out var error))
        {
            await ShowErrorAsync(context, error);
            return;
        }

        ProtocolSpans.Client(replyTo.Client.ClientId);
        if (!(await rules.ValidateAsync(parameters, replyTo, context.RequestAborted)).Succeeded(out var request, out error))
        {
            await AnswerAsync(context, replyTo, error, interaction);
            return;
        }

        var session = await subjects.GetSessionAsync(context);
        var needs = AuthorizationNeeds.Assess(request, session, interaction);
        var step = await TakeAsync(context, request, session, needs);
        if (step.Code is { } code)
        {
            metrics.Authorization(null);
            ProtocolSpans.Outcome("code");
            await response.WriteCodeAsync(context, replyTo, code, SessionStateFor(context, request), afterPage: interaction is not null);
            return;
        }

        if (step.Error is { } refusal)
        {
            await AnswerAsync(context, replyTo, refusal, interaction);
            return;
        }

        if (request.Prompt == Prompt.None)
        {
            await AnswerAsync(context, replyTo, Silent(step.Page), interaction);
            return;
        }

        ProtocolSpans.Outcome("page");
        var page = step.Page switch
        {
            Page.Consent or Page.Click => "/consent",
            Page.StepUp => "/account/two-factor",
            _ => "/account/login",
        };
        if (interaction is null
            && !(await pending.StartAsync(context, InteractionKind.Authorize, request.Client.ClientId, parameters, session)).Succeeded(out handle, out error))
        {
            await ShowErrorAsync(context, error with { ClientId = request.Client.ClientId });
            return;
        }

        ProtocolResponse.SeeOther(context, PageUrl(context, page, handle!));
    }

    /// <summary>The next step: a page, an error, or the code.</summary>
    private async Task<Step> TakeAsync(HttpContext context, AuthorizationRequest request, SubjectSession? session, AuthorizationNeeds needs)
    {
        if (session is null || needs.SignIn)
        {
            return new Step(Page: Page.SignIn);
        }

        if (needs.Refusal is { } refusal)
        {
            return new Step(Error: refusal);
        }

        if (needs.AccountChoice)
        {
            return new Step(Page: Page.AccountChoice);
        }

        // §5.5.1.1: what the person cannot reach, or does not want to, is no obstacle unless it is essential.
        if (needs.StepUp && AuthenticationContexts.AnyReached(request.Acr, await subjects.FindReachableAcrAsync(session, context.RequestAborted))
            && (needs.StepUpIsEssential || request.Prompt != Prompt.None))
        {
            return new Step(Page: Page.StepUp);
        }

        if (needs.StepUpIsEssential)
        {
            return new Step(Error: OAuthError.UnmetAuthenticationRequirements("The requested authentication context was not reached."));
        }

        if (needs.Consent)
        {
            // A native client is never answered silently, whatever was remembered.
            return new Step(Page: request.Client.ApplicationType == ApplicationType.Native ? Page.Click : Page.Consent);
        }

        var scopes = needs.Decision?.Scopes is { } allowed ? [.. request.Granted.Scopes.Where(allowed.Contains)] : request.Granted.Scopes;
        if (scopes.Count == 0)
        {
            return new Step(Error: OAuthError.AccessDenied("The person allowed none of the requested scopes."));
        }

        var code = Handles.Create();
        var verdict = await grants.IssueCodeAsync(NewCode(request, await resources.GetAsync(context.RequestAborted), session, needs, scopes, code));
        return verdict switch
        {
            CodeIssueVerdict.Issued => new Step(Code: code),
            CodeIssueVerdict.ConsentRequired => new Step(Page: Page.Consent),
            _ => new Step(Page: Page.SignIn),
        };
    }

    private string? SessionStateFor(HttpContext context, AuthorizationRequest request) =>
        protocol.Value.CheckSession && request.Granted.Scopes.Contains(GrantedResources.OpenId)
            ? SessionState.Create(request.Client.ClientId, request.ReplyTo.RedirectUri, subjects.EnsureBrowserState(context))
            : null;

    private NewAuthorizationCode NewCode(
        AuthorizationRequest request, ResourceCatalog catalog, SubjectSession session, AuthorizationNeeds needs, IReadOnlyList<string> scopes, string code)
    {
        var client = request.Client;
        var itemised = ConsentPage.IsItemised(request);
        var offline = scopes.Contains(GrantedResources.OfflineAccess);
        return new NewAuthorizationCode
        {
            CodeHash = Handles.Hash(code),
            ClientId = client.ClientId,
            SubjectId = session.SubjectId,
            SubjectEpoch = session.SubjectEpoch,
            SessionId = session.SessionId,
            RedirectUri = request.ReplyTo.RedirectUri,
            CodeChallenge = request.CodeChallenge,
            Nonce = request.Nonce,
            Scopes = scopes,
            Resources = [.. GrantedResources.Audience(catalog, scopes, request.Granted.Resources).Select(resource => resource.Name)],

            // Whoever was asked allowed these scopes, and no claim beyond them.
            ClaimsRequest = request.Claims.HasNames ? request.Claims.Within(ScopeClaims.Of(catalog, itemised ? scopes : client.AllowedScopes)) : null,
            AuthTime = session.AuthTime,
            Acr = AuthenticationContexts.Answer(request.Acr, session.Acr),
            Amr = session.Amr,
            Lifetime = client.AuthorizationCodeLifetime is { } seconds ? TimeSpan.FromSeconds(seconds) : options.Value.AuthorizationCodeLifetime,
            IssueRefreshToken = offline,

            // Who allowed offline access on the page meant it: the family then outlives the session.
            EndsWithSession = client.EndsWithSession && !(offline && itemised),
            RequireRememberedConsent = client.RequireConsent && needs.Decision is null,
        };
    }

    private static OAuthError Silent(Page? page) => page switch
    {
        Page.Consent => OAuthError.ConsentRequired("The person has to consent."),
        Page.AccountChoice => OAuthError.AccountSelectionRequired("The person has to choose an account."),
        Page.StepUp => OAuthError.InteractionRequired("The person has to prove more than they have in this session."),
        Page.Click => OAuthError.InteractionRequired("A native client is not answered without a person's action."),
        _ => OAuthError.LoginRequired("The person has to sign in."),
    };

    private async Task AnswerAsync(HttpContext context, ReplyTo replyTo, OAuthError error, Interaction? interaction)
    {
        Refused(replyTo.Client.ClientId, error.Code, error.Description, error.Detail);
        metrics.Authorization(error);
        ProtocolSpans.Refused(error);
        await response.WriteErrorAsync(context, replyTo, error, afterPage: interaction is not null);
    }

    private async Task ShowErrorAsync(HttpContext context, OAuthError error)
    {
        Refused(error.ClientId, error.Code, error.Description, error.Detail);
        metrics.Authorization(error);
        ProtocolSpans.Refused(error);
        ProtocolResponse.ShowErrorPage(context, ErrorPage.Of(error, error.ClientId is { } id ? await clients.FindAsync(id, context.RequestAborted) : null));
    }

    private enum Page
    {
        SignIn,
        AccountChoice,
        StepUp,
        Consent,
        Click,
    }

    private sealed record Step(Page? Page = null, OAuthError? Error = null, string? Code = null);

    [LoggerMessage(3010, LogLevel.Information, "Authorization request of client {ClientId} refused: {Error}: {Description} {Detail}")]
    private partial void Refused(string? clientId, string error, string description, string? detail);
}
