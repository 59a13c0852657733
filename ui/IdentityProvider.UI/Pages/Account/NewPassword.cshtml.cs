using IdentityProvider.Accounts.Recovery;
using IdentityProvider.Accounts.SignIn;
using IdentityProvider.Protocol.Interactions;
using IdentityProvider.UI.Localization;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account;

/// <summary>In the middle of a sign-in: the password was right, and is known to others, so a new one comes first.</summary>
public sealed class NewPasswordModel(NewPasswordService passwords, InteractionService interactions, PageTexts texts) : PageModel
{
    private const int LongestPassword = 1024;

    internal PageTexts Texts => texts;

    /// <summary>The handle of the pending authorization.</summary>
    [BindProperty(SupportsGet = true, Name = "interaction")]
    public string? Interaction { get; set; }

    /// <summary>Where to go without an interaction.</summary>
    [BindProperty(SupportsGet = true, Name = "returnUrl")]
    public string? ReturnUrl { get; set; }

    /// <summary>The new password; never shown again.</summary>
    [BindProperty(Name = "password")]
    public string? Password { get; set; }

    /// <summary>Who has to set it.</summary>
    public NewPasswordRequest? Wanted { get; internal set; }

    /// <summary>Why it did not work.</summary>
    public string? Problem { get; internal set; }

    /// <summary>Why the last password was refused.</summary>
    public string? PasswordProblem { get; internal set; }

    private PendingAuthorization? Pending { get; set; }

    private SignInTarget Target => new(Interaction, ReturnUrl);

    /// <summary>Shows the form.</summary>
    public async Task<IActionResult> OnGetAsync() => await LoadAsync() ?? Page();

    /// <summary>Sets the password, and goes on.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        if (await LoadAsync() is { } elsewhere)
        {
            return elsewhere;
        }

        if (Password is not { Length: > 0 and <= LongestPassword })
        {
            PasswordProblem = texts["NewPassword.TooShort", Wanted!.MinLength];
            return Page();
        }

        try
        {
            var answer = await passwords.SetAsync(HttpContext, Wanted!, Password, Target.Key);
            if (answer.Outcome == ResetOutcome.Refused)
            {
                PasswordProblem = PasswordWords.Of(texts, answer.Refusal!);
                return Page();
            }

            return new SeeOtherResult(answer.Outcome == ResetOutcome.Done
                ? Pending?.ContinueUrl ?? Target.LocalUrl(Url)
                : Target.PageUrl(Url, "/Account/Login"));
        }
        catch (OverloadedException)
        {
            Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            Response.Headers.RetryAfter = "5";
            Problem = texts["Login.Busy"];
            return Page();
        }
    }

    private async Task<IActionResult?> LoadAsync()
    {
        Pending = Interaction is null ? null : await interactions.FindAuthorizationAsync(HttpContext, Interaction);
        texts.Prefer(Pending?.UiLocales);
        PageSecurity.For(HttpContext).FormActionSource = Pending?.FormActionSource;
        Wanted = await passwords.FindAsync(HttpContext, Target.Key);
        return Wanted is null ? new SeeOtherResult(Target.PageUrl(Url, "/Account/Login")) : null;
    }
}
