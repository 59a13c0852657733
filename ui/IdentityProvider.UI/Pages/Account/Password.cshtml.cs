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

    /// <summary>The new password; never shown again.</summary>
    [BindProperty(Name = "password")]
    public string? Password { get; set; }

    /// <summary>The fewest characters.</summary>
    public int MinLength { get; internal set; }

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
            var answer = await credentials.ChangePasswordAsync(HttpContext, SignedInAttribute.Of(HttpContext), Password);
            if (answer.Outcome == ResetOutcome.Refused)
            {
                PasswordProblem = PasswordWords.Of(texts, answer.Refusal!);
                return Page();
            }

            // Whoever was overtaken by a reset or a lock is signed out, and the page leads to the sign-in.
            return new SeeOtherResult(Url.Page("/Account/Password", answer.Outcome == ResetOutcome.Done ? new { done = "true" } : null)!);
        }
        catch (OverloadedException)
        {
            Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            Response.Headers.RetryAfter = "5";
            Problem = texts["Login.Busy"];
            return Page();
        }
    }

    private async Task LoadAsync() =>
        MinLength = await credentials.MinLengthAsync(SignedInAttribute.Of(HttpContext), HttpContext.RequestAborted);
}
