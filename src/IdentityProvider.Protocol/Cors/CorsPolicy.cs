using IdentityProvider.Protocol.Clients;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace IdentityProvider.Protocol.Cors;

/// <summary>
/// Cross-origin access per client: token, userinfo and revocation answer an origin that the client lists, and a refusal that names no client
/// one that any client lists. Discovery and keys are open; the authorization endpoint is never readable by scripts (RFC 9700 §4.17).
/// </summary>
internal sealed class CorsPolicy(IClientSource clients)
{
    private const string PreflightLifetime = "600";

    /// <summary>Lets the request's origin read this response if the client lists it, and else takes back what was allowed before the client was known.</summary>
    public static void Allow(HttpContext context, Client client)
    {
        if (context.Request.Headers.Origin is [{ Length: > 0 } origin])
        {
            context.Response.Headers.Vary = "Origin";
            if (client.AllowedCorsOrigins.Contains(origin))
            {
                AllowOrigin(context, origin);
            }
            else
            {
                context.Response.Headers.Remove(HeaderNames.AccessControlAllowOrigin);
                context.Response.Headers.Remove(HeaderNames.AccessControlExposeHeaders);
            }
        }
    }

    /// <summary>Lets the request's origin read this response if any client lists it: for an outage, and a refusal that names no client.</summary>
    public async Task AllowAnyClientAsync(HttpContext context)
    {
        if (context.Request.Headers.Origin is [{ Length: > 0 } origin])
        {
            context.Response.Headers.Vary = "Origin";
            if (await clients.AllowsOriginAsync(origin, context.RequestAborted))
            {
                AllowOrigin(context, origin);
            }
        }
    }

    /// <summary>Lets every origin read this response: it is public and carries no credentials.</summary>
    public static void AllowAll(HttpContext context) => context.Response.Headers.AccessControlAllowOrigin = "*";

    private static void AllowOrigin(HttpContext context, string origin)
    {
        context.Response.Headers.AccessControlAllowOrigin = origin;
        context.Response.Headers.AccessControlExposeHeaders = "WWW-Authenticate, Retry-After";
    }

    /// <summary>A preflight request does not name its client: it passes for an origin that any client lists.</summary>
    public async Task PreflightAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        context.Response.Headers.Vary = "Origin";
        if (context.Request.Headers.Origin is [{ Length: > 0 } origin] && await clients.AllowsOriginAsync(origin, context.RequestAborted))
        {
            context.Response.Headers.AccessControlAllowOrigin = origin;
            context.Response.Headers.AccessControlAllowMethods = "GET, POST";
            context.Response.Headers.AccessControlAllowHeaders = "Authorization, Content-Type";
            context.Response.Headers.AccessControlMaxAge = PreflightLifetime;
        }
    }
}
