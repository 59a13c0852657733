using IdentityProvider.Accounts.OneTimeTokens;
using IdentityProvider.Accounts.Recovery;
using IdentityProvider.Accounts.SignIn;
using IdentityProvider.UI.Localization;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account;

/// <summary>Sets a new password by the link of a mail: <c>/account/reset-password?token=…</c>. Looking at it changes nothing.</summary>
[MailedLink]
public sealed class ResetPasswordModel(PasswordRecovery recovery, PageTexts texts) : PageModel
{
    private const string Purpose = OneTimeTokenPurposes.ResetPassword;
    private const int LongestPassword = 1024;

    internal PageTexts Texts => texts;

    /// <summary>The text of the link.</summary>
    [BindProperty(SupportsGet = true, Name = "token")]
    public string? Token { get; set; }

    /// <summary>It has just been done.</summary>
    [BindProperty(SupportsGet = true, Name = "done")]
    public bool Done { get; set; }

    /// <summary>The new password; never shown again.</summary>
    [BindProperty(Name = "password")]
    public string? Password { get; set; }

    /// <summary>How the link stands.</summary>
    public OneTimeTokenStatus Status { get; internal set; } = OneTimeTokenStatus.Void;

    /// <summary>Whose account it is.</summary>
    public string Username { get; internal set; } = "";

    /// <summary>The fewest characters of the password.</summary>
    public int MinLength { get; internal set; }

    /// <summary>Why it did not work.</summary>
    public string? Problem { get; internal set; }

    /// <summary>Why the last password was refused.</summary>
    public string? PasswordProblem { get; internal set; }

    /// <summary>Shows how the link stands.</summary>
    public Task OnGetAsync() => LoadAsync();

    /// <summary>Sets the password.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        Done = false;
        await LoadAsync();
        if (Status != OneTimeTokenStatus.Alive)
        {
            return Page();
        }

        if (Password is not { Length: > 0 and <= LongestPassword })
        {
            PasswordProblem = texts["NewPassword.TooShort", MinLength];
            return Page();
        }

        try
        {
            var answer = await recovery.ResetAsync(HttpContext, Token, Purpose, Password);
            switch (answer.Outcome)
            {
                case ResetOutcome.Done:
                    return new SeeOtherResult(Url.Page("/Account/ResetPassword", new { done = "true" })!);
                case ResetOutcome.Refused:
                    PasswordProblem = PasswordWords.Of(texts, answer.Refusal!);
                    break;
                default:
                    // Somebody was faster.
                    await LoadAsync();
                    break;
            }
        }
        catch (OverloadedException)
        {
            Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            Response.Headers.RetryAfter = "5";
            Problem = texts["Login.Busy"];
        }

        return Page();
    }

    private async Task LoadAsync()
    {
        if (Done)
        {
            return;
        }

        var link = await recovery.LookAsync(Token, Purpose, HttpContext.RequestAborted);
        (Status, Username, MinLength) = link is null ? (OneTimeTokenStatus.Void, "", 0) : (link.Status, link.Username, link.MinLength);
    }
}
