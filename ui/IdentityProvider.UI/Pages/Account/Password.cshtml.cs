using System.Globalization;
using IdentityProvider.Accounts.Recovery;
using IdentityProvider.Accounts.SignIn;
using IdentityProvider.UI.Localization;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account;

/// <summary>Another password for the signed-in person.</summary>
[SignedIn(Freshly = true)]
public sealed class PasswordModel(AccountCredentials credentials, PageTexts texts) : PageModel
{
    private const int LongestPassword = 1024;

    internal PageTexts Texts => texts;

    /// <summary>It has just been done.</summary>
    [BindProperty(SupportsGet = true, Name = "done")]
    public bool Done { get; set; }

    /// <summary>The present password; never shown again.</summary>
    [BindProperty(Name = "current")]
    public string? Current { get; set; }

    /// <summary>The new password; never shown again.</summary>
    [BindProperty(Name = "password")]
    public string? Password { get; set; }

    /// <summary>The fewest characters.</summary>
    public int MinLength { get; internal set; }

    /// <summary>There is a present password to be asked for.</summary>
    public bool HasPassword { get; internal set; }

    /// <summary>Why the present password was not accepted.</summary>
    public string? CurrentProblem { get; internal set; }

    /// <summary>Why it did not work.</summary>
    public string? Problem { get; internal set; }

    /// <summary>Why the last password was refused.</summary>
    public string? PasswordProblem { get; internal set; }

    /// <summary>Shows the form.</summary>
    public Task OnGetAsync() => LoadAsync();

    /// <summary>Sets the password.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        Done = false;
        await LoadAsync();
        if (Password is not { Length: > 0 and <= LongestPassword })
        {
            PasswordProblem = texts["NewPassword.TooShort", MinLength];
            return Page();
        }

        try
        {
            var current = Current is { Length: <= LongestPassword } ? Current : null;
            var answer = await credentials.ChangePasswordAsync(HttpContext, SignedInAttribute.Of(HttpContext), current, Password);
            switch (answer.Outcome)
            {
                case ResetOutcome.Refused:
                    PasswordProblem = PasswordWords.Of(texts, answer.Refusal!);
                    return Page();
                case ResetOutcome.WrongPassword:
                    CurrentProblem = texts["ChangePassword.Wrong"];
                    return Page();
                case ResetOutcome.Throttled:
                    Response.StatusCode = StatusCodes.Status429TooManyRequests;
                    Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(answer.RetryAfter.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
                    Problem = texts["Login.Throttled", texts.Duration(answer.RetryAfter)];
                    return Page();
                default:
                    // Whoever was overtaken by a reset or a lock is signed out, and the page leads to the sign-in.
                    return new SeeOtherResult(Url.Page("/Account/Password", answer.Outcome == ResetOutcome.Done ? new { done = "true" } : null)!);
            }
        }
        catch (OverloadedException)
        {
            Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            Response.Headers.RetryAfter = "5";
            Problem = texts["Login.Busy"];
            return Page();
        }
    }

    private async Task LoadAsync()
    {
        var session = SignedInAttribute.Of(HttpContext);
        MinLength = await credentials.MinLengthAsync(session, HttpContext.RequestAborted);
        HasPassword = await credentials.HasPasswordAsync(session);
    }
}
