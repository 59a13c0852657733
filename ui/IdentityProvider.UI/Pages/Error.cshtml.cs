using System.Diagnostics;
using IdentityProvider.Protocol.Interactions;
using IdentityProvider.UI.Localization;
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
public sealed class ErrorModel(IHostEnvironment environment, PageTexts texts) : PageModel
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
    public string Heading => texts[(Problem, Status) switch
    {
        (_, StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable) => "Error.Title.Busy",
        (not null, < 500) => "Error.Title.SignIn",
        (_, StatusCodes.Status404NotFound) => "Error.Title.NotFound",
        (_, >= 500) => "Error.Title.Ours",
        _ => "Error.Title.Other",
    }];

    /// <summary>What to do.</summary>
    public string Advice => (Problem, Status) switch
    {
        (_, StatusCodes.Status429TooManyRequests or StatusCodes.Status503ServiceUnavailable) => texts["Error.Advice.Busy"],
        ({ ClientName: { } name }, < 500) => texts["Error.Advice.Client", name],
        (not null, < 500) => texts["Error.Advice.App"],
        (_, StatusCodes.Status404NotFound) => texts["Error.Advice.NotFound"],
        (_, >= 500) => texts["Error.Advice.Ours"],
        _ => texts["Error.Advice.Other"],
    };

    /// <inheritdoc />
    public override void OnPageHandlerExecuting(PageHandlerExecutingContext context) =>
        Response.StatusCode = Status;
}
