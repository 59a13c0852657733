using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Interactions;
using IdentityProvider.Protocol.Logout;
using IdentityProvider.Protocol.Sessions;
using IdentityProvider.Protocol.Subjects;
using IdentityProvider.Protocol.Tokens;
using Microsoft.AspNetCore.Http;

namespace IdentityProvider.Protocol.Endpoints.EndSession;

/// <summary>
/// The end session endpoint (OpenID Connect RP-Initiated Logout §2). An ID token of this very session logs out at once; anything else
/// asks the person, so that no other site can log people out.
/// </summary>
internal sealed class EndSessionEndpoint(
    LogoutRequests logouts, LogoutCompletion completion, PendingRequests pending, ISubjects subjects, ClientSessionIds sessionIds)
{
    public const string Path = "/connect/endsession";
    public const string ContinuePath = "/connect/endsession/continue";

    public Task HandleGetAsync(HttpContext context) => ProcessAsync(context, Parameters.FromQuery(context.Request));

    /// <summary>Parked and answered by a GET of ourselves: a cross-site POST brings no Lax cookie.</summary>
    public async Task HandlePostAsync(HttpContext context)
    {
        if (!(await Parameters.FromFormAsync(context.Request)).Succeeded(out var parameters, out var error))
        {
            ProtocolResponse.ShowErrorPage(context, ErrorPage.Of(error));
            return;
        }

        if (LogoutRequests.FindFlaw(parameters) is { } flaw)
        {
            ProtocolResponse.ShowErrorPage(context, ErrorPage.Of(flaw));
            return;
        }

        if (!(await pending.ParkAsync(context, InteractionKind.EndSession, parameters["client_id"], parameters)).Succeeded(out var handle, out error))
        {
            ProtocolResponse.ShowErrorPage(context, ErrorPage.Of(error));
            return;
        }

        ProtocolResponse.SeeOther(context, Url(context, ContinuePath, handle));
    }

    public async Task HandleContinueAsync(HttpContext context)
    {
        var handle = context.Request.Query[PendingRequests.Parameter].ToString();
        var interaction = await pending.FindAsync(context, InteractionKind.EndSession, handle);
        if (interaction is null || interaction.Expired || !PendingRequests.IsParked(interaction))
        {
            ProtocolResponse.SeeOther(context, $"{context.Request.PathBase}/account/logout");
            return;
        }

        await ProcessAsync(context, Parameters.FromJson(interaction.Parameters));
    }

    private async Task ProcessAsync(HttpContext context, Parameters parameters)
    {
        if (LogoutRequests.FindFlaw(parameters) is { } flaw)
        {
            ProtocolResponse.ShowErrorPage(context, ErrorPage.Of(flaw));
            return;
        }

        var logout = await logouts.ReadAsync(parameters, context.RequestAborted);
        var session = await subjects.GetSessionAsync(context);
        if (logout is { Hint: { } hint, RedirectRefused: false } && await ProvesAsync(context, session, hint, logout.Client!))
        {
            ProtocolResponse.SeeOther(context, await completion.SignOutAsync(context, parameters, logout));
            return;
        }

        var started = await pending.StartAsync(context, InteractionKind.EndSession, logout.Client?.ClientId, parameters, session);
        if (!started.Succeeded(out var handle, out var error))
        {
            ProtocolResponse.ShowErrorPage(context, ErrorPage.Of(error, logout.Client));
            return;
        }

        ProtocolResponse.SeeOther(context, Url(context, "/account/logout", handle));
    }

    /// <summary>The hint is of this browser's session, be it idle; or there is none, and nothing to ask about.</summary>
    private async Task<bool> ProvesAsync(HttpContext context, SubjectSession? session, IdTokenHint hint, Client client) =>
        session is not null ? IsOf(session.SessionId, session.Subject, hint, client)
        : await subjects.FindIdleAsync(context) is not { } idle || IsOf(idle.SessionId, idle.SubjectId.ToString("D"), hint, client);

    private bool IsOf(Guid sessionId, string subject, IdTokenHint hint, Client client) =>
        hint.Subject == subject && hint.SessionId == sessionIds.For(sessionId, client.ClientId);

    private static string Url(HttpContext context, string path, string handle) =>
        $"{context.Request.PathBase}{path}?{PendingRequests.Parameter}={Uri.EscapeDataString(handle)}";
}
