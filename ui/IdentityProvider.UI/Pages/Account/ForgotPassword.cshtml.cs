using System.Globalization;
using IdentityProvider.Accounts.Recovery;
using IdentityProvider.UI.Localization;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account;

/// <summary>Asks for a link to set a new password. The answer is the same for every address.</summary>
public sealed class ForgotPasswordModel(PasswordRecovery recovery, PageTexts texts) : PageModel
{
    private const int LongestEmail = 254;

    internal PageTexts Texts => texts;

    /// <summary>The handle of the pending authorization, for the way back.</summary>
    [BindProperty(SupportsGet = true, Name = "interaction")]
    public string? Interaction { get; set; }

    /// <summary>Where to go without an interaction, for the way back.</summary>
    [BindProperty(SupportsGet = true, Name = "returnUrl")]
    public string? ReturnUrl { get; set; }

    /// <summary>The answer is to look into the mailbox.</summary>
    [BindProperty(SupportsGet = true, Name = "sent")]
    public bool Sent { get; set; }

    /// <summary>The address.</summary>
    [BindProperty(Name = "email")]
    public string? Email { get; set; }

    /// <summary>Why it did not work.</summary>
    public string? Problem { get; internal set; }

    /// <summary>The sign-in page on this way.</summary>
    public string SignInUrl => new SignInTarget(Interaction, ReturnUrl).PageUrl(Url, "/Account/Login");

    /// <summary>Asks for the mail.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        Sent = false;
        Email = Email is { Length: <= LongestEmail } ? Email : null;
        var (accepted, wait) = await recovery.RequestAsync(HttpContext, Email, texts.Language.Code);
        if (accepted)
        {
            return new SeeOtherResult(Url.Page("/Account/ForgotPassword", new { interaction = Interaction, returnUrl = ReturnUrl, sent = "true" })!);
        }

        if (wait is { } time)
        {
            Response.StatusCode = StatusCodes.Status429TooManyRequests;
            Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(time.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        Problem = wait is { } rest ? texts["Register.Throttled", texts.Duration(rest)] : texts["Register.EmailInvalid"];
        return Page();
    }
}
