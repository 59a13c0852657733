using IdentityProvider.Accounts.OneTimeTokens;
using IdentityProvider.Accounts.Passwords;
using IdentityProvider.Accounts.Recovery;
using IdentityProvider.Accounts.Registration;
using IdentityProvider.Accounts.SignIn;
using IdentityProvider.Protocol.Interactions;
using IdentityProvider.UI.Localization;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account;

/// <summary>What the page shows.</summary>
public enum VerifyStep
{
    /// <summary>There is nothing to confirm at this browser.</summary>
    Nothing,

    /// <summary>The code of the mail is asked for, in the browser that registered.</summary>
    Code,

    /// <summary>The link of the mail, in the browser that registered: one button.</summary>
    Link,

    /// <summary>The link of the mail, in another browser: a new password.</summary>
    Password,

    /// <summary>It is done; the person signs in.</summary>
    Done,

    /// <summary>The link was used.</summary>
    Used,

    /// <summary>The link is too old.</summary>
    Expired,

    /// <summary>The link or code is good no more, or never was.</summary>
    Over,
}

/// <summary>
/// Confirms an address by the code or the link of a mail: <c>/account/verify-email</c>, or <c>?token=…</c>. Looking at it changes nothing,
/// since programs that scan mail open links.
/// </summary>
[MailedLink]
public sealed class VerifyEmailModel(
    RegistrationService registration, PasswordRecovery recovery, PasswordPolicy policy, InteractionService interactions, PageTexts texts) : PageModel
{
    private const string Purpose = OneTimeTokenPurposes.VerifyEmail;
    private const int LongestCode = 12;
    private const int LongestPassword = 1024;

    internal PageTexts Texts => texts;

    /// <summary>The handle of the pending authorization.</summary>
    [BindProperty(SupportsGet = true, Name = "interaction")]
    public string? Interaction { get; set; }

    /// <summary>Where to go without an interaction.</summary>
    [BindProperty(SupportsGet = true, Name = "returnUrl")]
    public string? ReturnUrl { get; set; }

    /// <summary>The text of the link.</summary>
    [BindProperty(SupportsGet = true, Name = "token")]
    public string? Token { get; set; }

    /// <summary>A mail has just been sent once more.</summary>
    [BindProperty(SupportsGet = true, Name = "sent")]
    public bool Sent { get; set; }

    /// <summary>It has just been done.</summary>
    [BindProperty(SupportsGet = true, Name = "done")]
    public bool Done { get; set; }

    /// <summary>The typed code.</summary>
    [BindProperty(Name = "code")]
    public string? Code { get; set; }

    /// <summary>The new password; never shown again.</summary>
    [BindProperty(Name = "password")]
    public string? Password { get; set; }

    /// <summary>Send the mail once more.</summary>
    [BindProperty(Name = "resend")]
    public bool Resend { get; set; }

    /// <summary>What to show.</summary>
    public VerifyStep Step { get; internal set; }

    /// <summary>Whose account it is, when a link says it.</summary>
    public string Username { get; internal set; } = "";

    /// <summary>A mail can be sent once more from here.</summary>
    public bool MayResend { get; internal set; }

    /// <summary>Why the last code did not work.</summary>
    public string? Problem { get; internal set; }

    /// <summary>Why the last password was refused.</summary>
    public string? PasswordProblem { get; internal set; }

    /// <summary>The fewest characters of a password.</summary>
    public int MinLength => policy.MinLength(secondFactor: false);

    /// <summary>The sign-in page on this way.</summary>
    public string SignInUrl => Target.PageUrl(Url, "/Account/Login");

    private PendingAuthorization? Pending { get; set; }

    private SignInTarget Target => new(Interaction, ReturnUrl);

    /// <summary>Shows what there is to confirm.</summary>
    public async Task<IActionResult> OnGetAsync()
    {
        await LoadAsync();
        return await ShowAsync();
    }

    /// <summary>Confirms, or sends the mail once more.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        await LoadAsync();
        if (Resend)
        {
            await registration.ResendAsync(HttpContext);
            return new SeeOtherResult(Url.Page("/Account/VerifyEmail", new { interaction = Interaction, returnUrl = ReturnUrl, sent = "true" })!);
        }

        return Step switch
        {
            VerifyStep.Link => await GoOnAsync(await registration.UseLinkAsync(HttpContext, Token)),
            VerifyStep.Password => await SetPasswordAsync(),
            VerifyStep.Code => await GoOnAsync(Code is { Length: > 0 and <= LongestCode }
                ? await registration.TryCodeAsync(HttpContext, Code)
                : VerificationOutcome.WrongCode),
            _ => await ShowAsync(),
        };
    }

    private async Task LoadAsync()
    {
        if (Interaction is not null)
        {
            Pending = await interactions.FindAuthorizationAsync(HttpContext, Interaction);
            texts.Prefer(Pending?.UiLocales);
        }

        MayResend = await registration.IsPendingAsync(HttpContext);
        if (Token is null)
        {
            Step = Done ? VerifyStep.Done : MayResend ? VerifyStep.Code : VerifyStep.Nothing;
            MayResend &= !Done;
            return;
        }

        var link = await registration.LookAsync(HttpContext, Token);
        Username = link?.Username ?? "";
        Step = link switch
        {
            { Status: OneTimeTokenStatus.Alive } => link.NeedsPassword ? VerifyStep.Password : VerifyStep.Link,
            { Status: OneTimeTokenStatus.Used } => VerifyStep.Used,
            { Status: OneTimeTokenStatus.Expired } => VerifyStep.Expired,
            _ => VerifyStep.Over,
        };
        MayResend &= Step is VerifyStep.Expired or VerifyStep.Over;
    }

    private async Task<IActionResult> SetPasswordAsync()
    {
        if (Password is not { Length: > 0 and <= LongestPassword })
        {
            PasswordProblem = texts["NewPassword.TooShort", MinLength];
            return await ShowAsync();
        }

        try
        {
            var answer = await recovery.ResetAsync(HttpContext, Token, Purpose, Password);
            if (answer.Outcome == ResetOutcome.Refused)
            {
                PasswordProblem = PasswordWords.Of(texts, answer.Refusal!);
                return await ShowAsync();
            }

            return await GoOnAsync(answer.Outcome == ResetOutcome.Done ? VerificationOutcome.Confirmed : VerificationOutcome.Over);
        }
        catch (OverloadedException)
        {
            Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            Response.Headers.RetryAfter = "5";
            Problem = texts["Login.Busy"];
            return await ShowAsync();
        }
    }

    private async Task<IActionResult> GoOnAsync(VerificationOutcome outcome)
    {
        switch (outcome)
        {
            case VerificationOutcome.SignedIn:
                return new SeeOtherResult(Pending?.ContinueUrl ?? Target.LocalUrl(Url));
            case VerificationOutcome.Confirmed:
                return new SeeOtherResult(Url.Page("/Account/VerifyEmail", new { interaction = Interaction, returnUrl = ReturnUrl, done = "true" })!);
            case VerificationOutcome.WrongCode:
                Problem = texts["Verify.WrongCode"];
                return await ShowAsync();
            default:
                Step = VerifyStep.Over;
                MayResend = await registration.IsPendingAsync(HttpContext);
                return await ShowAsync();
        }
    }

    private Task<IActionResult> ShowAsync()
    {
        PageSecurity.For(HttpContext).FormActionSource = Pending?.FormActionSource;
        return Task.FromResult<IActionResult>(Page());
    }
}
