using IdentityProvider.Protocol.Endpoints;
using IdentityProvider.Protocol.Endpoints.EndSession;
using IdentityProvider.Protocol.Interactions;
using IdentityProvider.Protocol.Subjects;
using Microsoft.AspNetCore.Http;

namespace IdentityProvider.Protocol.Logout;

/// <summary>The last step of every logout: ends the browser's session, and says where the browser goes on.</summary>
internal sealed class LogoutCompletion(ISubjects subjects, FrontChannelLogout frontChannel, PendingRequests pending)
{
    private const string LoggedOutPath = "/account/logged-out";

    /// <summary>
    /// Straight back to the client, or to the page that says so. Where clients have to hear of it through the browser, that page comes
    /// first: it opens theirs, and then goes on. Which clients these are is what the ending of the session returned, so none is missed
    /// that joined a moment ago.
    /// </summary>
    public async Task<string> SignOutAsync(HttpContext context, Parameters parameters, LogoutRequest logout)
    {
        var ended = await subjects.SignOutAsync(context);
        var framed = ended is not null && (await frontChannel.FindFramesAsync(ended, context.RequestAborted)).Count > 0;
        if (!framed && logout.RedirectUrl is { } url)
        {
            return url;
        }

        if (!framed && logout.Client is null)
        {
            return context.Request.PathBase + LoggedOutPath;
        }

        var handle = await pending.KeepAsync(context, logout.Client?.ClientId, parameters, framed ? ended : null);
        return $"{context.Request.PathBase}{LoggedOutPath}?{PendingRequests.Parameter}={Uri.EscapeDataString(handle)}";
    }
}
