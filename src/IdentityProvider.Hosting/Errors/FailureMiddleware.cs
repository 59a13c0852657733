using System.Diagnostics;
using System.Text.Json;
using IdentityProvider.Accounts.SignIn;
using IdentityProvider.Hosting.Health;
using IdentityProvider.Protocol.Errors;
using IdentityProvider.Protocol.Interactions;
using IdentityProvider.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;

namespace IdentityProvider.Hosting.Errors;

/// <summary>
/// Turns what went wrong into an answer: an outage is 503 with Retry-After, a bug 500 with a reference and no more. Programs get JSON;
/// people get the error page, by running <c>/error</c> over the failed request.
/// </summary>
internal sealed partial class FailureMiddleware(RequestDelegate next, ILogger<FailureMiddleware> logger)
{
    private const string RetryAfterSeconds = "5";
    private const string ErrorPath = "/error";

    private static readonly string[] s_kept =
    [
        HeaderNames.AccessControlAllowOrigin, HeaderNames.AccessControlExposeHeaders, HeaderNames.Vary, HeaderNames.StrictTransportSecurity,
    ];

    public async Task InvokeAsync(HttpContext context)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to answer. 499 is what proxies call it; only the log sees it.
            context.Response.StatusCode = StatusCodes.Status499ClientClosedRequest;
            return;
        }
#pragma warning disable CA1031 // The one place where every exception ends.
        catch (Exception error)
#pragma warning restore CA1031
        {
            Log(error);
            if (context.Response.HasStarted)
            {
                // The status is out. Breaking the connection is the only way left to say that the body is not whole.
                context.Abort();
                return;
            }

            await AnswerAsync(context, Translate(error, context.Request));
            return;
        }

        if (IsEmptyFailure(context) && (context.Features.Get<ErrorPage>() is not null || !IsForPrograms(context.Request.Path)))
        {
            await ShowPageAsync(context);
        }
    }

    private static OAuthError Translate(Exception error, HttpRequest request) => error switch
    {
        OverloadedException => OAuthError.TemporarilyUnavailable("The server is busy. Try again in a moment."),
        BadHttpRequestException bad => OAuthError.InvalidRequest("The request could not be read.") with { Status = bad.StatusCode },
        // The form reader's way to say that a form breaks its limits or its syntax.
        InvalidDataException when request.HasFormContentType => OAuthError.InvalidRequest("The form could not be read."),
        _ when StorageOutage.IsOutage(error) => OAuthError.TemporarilyUnavailable("The server cannot reach its database. Try again in a moment."),
        _ => new OAuthError("server_error", "The server met an unexpected condition.", StatusCodes.Status500InternalServerError),
    };

    private async Task AnswerAsync(HttpContext context, OAuthError error)
    {
        Clear(context.Response);
        context.Response.StatusCode = error.Status;
        context.Response.Headers.CacheControl = "no-store";
        if (error.Status == StatusCodes.Status503ServiceUnavailable)
        {
            context.Response.Headers.RetryAfter = RetryAfterSeconds;
        }

        if (!IsForPrograms(context.Request.Path) || IsForPeople(context.Request.Path))
        {
            await ShowPageAsync(context);
            return;
        }

        var body = new Dictionary<string, string> { ["error"] = error.Code, ["error_description"] = error.Description };
        if (error.Status == StatusCodes.Status500InternalServerError && Activity.Current is { } activity)
        {
            body["reference"] = activity.TraceId.ToHexString();
        }

        await context.Response.WriteAsJsonAsync(body, (JsonSerializerOptions?)null, "application/json");
    }

    /// <summary>But for what holds whatever the answer is: who may read it, and how the next request has to come.</summary>
    private static void Clear(HttpResponse response)
    {
        var kept = s_kept.Select(name => (Name: name, Value: response.Headers[name])).ToArray();
        response.Clear();
        foreach (var (name, value) in kept)
        {
            response.Headers[name] = value;
        }
    }

    private static bool IsForPrograms(PathString path) =>
        path.StartsWithSegments("/connect", StringComparison.OrdinalIgnoreCase)
        || path.StartsWithSegments("/.well-known", StringComparison.OrdinalIgnoreCase)
        || path.StartsWithSegments(HealthEndpoints.Path, StringComparison.OrdinalIgnoreCase);

    /// <summary>The two protocol endpoints that a browser shows.</summary>
    private static bool IsForPeople(PathString path) =>
        path.StartsWithSegments("/connect/authorize", StringComparison.OrdinalIgnoreCase)
        || path.StartsWithSegments("/connect/endsession", StringComparison.OrdinalIgnoreCase);

    private static bool IsEmptyFailure(HttpContext context) =>
        context.Response is { HasStarted: false, StatusCode: >= 400 and < 600, ContentLength: null or 0 }
        && string.IsNullOrEmpty(context.Response.ContentType);

    private async Task ShowPageAsync(HttpContext context)
    {
        var request = context.Request;
        var (path, method, status) = (request.Path, request.Method, context.Response.StatusCode);
        context.SetEndpoint(null);
        context.Features.Get<IRouteValuesFeature>()?.RouteValues.Clear();
        request.Path = ErrorPath;
        // The page renders the same for every verb, and a form that could not be read must not be read again.
        request.Method = HttpMethods.IsHead(method) ? HttpMethods.Head : HttpMethods.Get;
        try
        {
            await next(context);
        }
#pragma warning disable CA1031 // An error page that fails leaves the bare status.
        catch (Exception error) when (!context.Response.HasStarted)
#pragma warning restore CA1031
        {
            ErrorPageFailed(error);
            Clear(context.Response);
            context.Response.StatusCode = status;
        }
        finally
        {
            request.Path = path;
            request.Method = method;
        }
    }

    private void Log(Exception error)
    {
        switch (error)
        {
            case BadHttpRequestException bad:
                Unreadable(bad.StatusCode, bad.Message);
                break;
            case OverloadedException:
                Overloaded();
                break;
            default:
                if (StorageOutage.IsOutage(error))
                {
                    Outage(error.GetBaseException().Message);
                }
                else
                {
                    Unexpected(error);
                }

                break;
        }
    }

    [LoggerMessage(5000, LogLevel.Error, "Unexpected failure")]
    private partial void Unexpected(Exception error);

    [LoggerMessage(5001, LogLevel.Error, "The database is unavailable: {Reason}")]
    private partial void Outage(string reason);

    [LoggerMessage(5002, LogLevel.Warning, "Too many password checks are waiting")]
    private partial void Overloaded();

    [LoggerMessage(5003, LogLevel.Information, "Unreadable request ({Status}): {Reason}")]
    private partial void Unreadable(int status, string reason);

    [LoggerMessage(5004, LogLevel.Error, "The error page failed")]
    private partial void ErrorPageFailed(Exception error);
}
