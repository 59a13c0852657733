using System.Diagnostics;
using IdentityProvider.Protocol.Interactions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.Filters;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Hosting;

namespace IdentityProvider.UI.Pages;

/// <summary>
/// The error page. The host re-executes <c>/error</c> with the status of the failed request, whatever its verb and form,
/// so nothing here depends on a handler or a token.
/// </summary>
[IgnoreAntiforgeryToken]
public sealed class ErrorModel(IHostEnvironment environment) : PageModel
{
    private ErrorPage? _problem;

    /// <summary>What an endpoint left for this page; null for an error of another kind.</summary>
    public ErrorPage? Problem
    {
        get => _problem ?? HttpContext.Features.Get<ErrorPage>();
        internal set => _problem = value;
    }

    /// <summary>The status of the response. The page asked for by itself is nothing that exists.</summary>
    public int Status => Response.StatusCode == StatusCodes.Status200OK ? StatusCodes.Status404NotFound : Response.StatusCode;

    /// <summary>The stable code of the error, for support and for checks.</summary>
    public string Code => Problem?.Error.Code ?? Status switch
    {
        StatusCodes.Status404NotFound => "not_found",
        StatusCodes.Status429TooManyRequests => "too_many_requests",
        StatusCodes.Status503ServiceUnavailable => "temporarily_unavailable",
        >= 500 => "server_error",
        _ => "invalid_request",
    };

    /// <summary>The technical cause, in Development only.</summary>
    public string? Cause => environment.IsDevelopment() ? Problem?.Error.Description : null;

    /// <summary>The id under which the log has the request.</summary>
    public string Reference => Activity.Current?.TraceId.ToHexString() ?? HttpContext.TraceIdentifier;

    /// <summary>What happened.</summary>
    public string Heading => (Problem, Status) switch
    {
        (not null, < 500) => "We cannot complete this sign-in",
        (_, StatusCodes.Status404NotFound) => "There is nothing here",
        (_, StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable) => "We cannot answer right now",
        (_, >= 500) => "Something went wrong on our side",
        _ => "That did not work",
    };

    /// <summary>What to do.</summary>
    public string Advice => (Problem, Status) switch
    {
        ({ ClientName: { } name }, < 500) => $"The request that {name} sent us is not in order. Go back and try again. If it happens again, tell the people who run {name}.",
        (not null, < 500) => "The app that sent you here made a request that we cannot accept. Go back to it and try again. If it happens again, tell the people who run it.",
        (_, StatusCodes.Status404NotFound) => "The address may be mistyped, or the page may have moved.",
        (_, StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable) => "Please wait a moment, then try again. Nothing has been changed.",
        (_, >= 500) => "It is not your fault. Please try again in a moment. If it happens again, tell support the reference below.",
        _ => "Go back to where you came from and try again. If it happens again, tell support the reference below.",
    };

    /// <inheritdoc />
    public override void OnPageHandlerExecuting(PageHandlerExecutingContext context) =>
        Response.StatusCode = Status;
}
