using IdentityProvider.Protocol.Errors;
using Microsoft.AspNetCore.Http;

namespace IdentityProvider.Protocol.Endpoints;

/// <summary>Reads the access token of a request to a protected resource (RFC 6750 §2.1, §2.2); never from the query.</summary>
internal static class BearerToken
{
    /// <summary>The token; an empty string when the request carries none at all.</summary>
    public static async Task<Result<string>> ReadAsync(HttpRequest request)
    {
        string? fromBody = null;
        if (HttpMethods.IsPost(request.Method) && Parameters.IsForm(request))
        {
            if (!(await Parameters.FromFormAsync(request)).Succeeded(out var parameters, out var error))
            {
                return error;
            }

            if (parameters.FindFlaw(["access_token"]) is { } flaw)
            {
                return flaw;
            }

            fromBody = parameters["access_token"];
        }

        var header = request.Headers.Authorization;
        if (header.Count == 0)
        {
            return fromBody ?? "";
        }

        if (header.Count > 1 || fromBody is not null)
        {
            return OAuthError.InvalidRequest("The access token must be sent once.");
        }

        // RFC 6750 §3.1: who tries another scheme has sent no token, and is told of no error.
        var parts = header.ToString().Split(' ', 2, StringSplitOptions.TrimEntries);
        return !parts[0].Equals("Bearer", StringComparison.OrdinalIgnoreCase) ? ""
            : parts is [_, { Length: > 0 } token] ? token
            : OAuthError.InvalidRequest("The Authorization header must carry a Bearer token.");
    }

    /// <summary>RFC 6750 §3: a request without a token learns only the scheme.</summary>
    public static Task WriteChallengeAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status401Unauthorized;
        context.Response.Headers.WWWAuthenticate = "Bearer";
        context.Response.Headers.CacheControl = "no-store";
        return Task.CompletedTask;
    }

    /// <summary>RFC 6750 §3.1: the error in the header, and once more in the body for those who look there.</summary>
    public static Task WriteErrorAsync(HttpContext context, OAuthError error)
    {
        if (error.Status is StatusCodes.Status400BadRequest or StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden)
        {
            context.Response.Headers.WWWAuthenticate = $"Bearer error=\"{error.Code}\", error_description=\"{error.Description}\"";
        }

        return ProtocolResponse.WriteErrorAsync(context, error);
    }
}
