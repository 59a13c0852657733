using System.Globalization;
using IdentityProvider.Accounts.SignIn;
using IdentityProvider.Accounts.Users;
using IdentityProvider.Protocol.Interactions;
using IdentityProvider.UI.Localization;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Options;

namespace IdentityProvider.UI.Pages.Account;

/// <summary>
/// Signs in by a code that is mailed, where that is allowed: <c>/account/email-code?interaction=…</c>, or <c>?returnUrl=…</c>. The answer is the
/// same for every address.
/// </summary>
public sealed class EmailCodeModel(EmailCodes codes, InteractionService interactions, IOptions<AccountOptions> options, PageTexts texts) : PageModel
{
    private const int LongestEmail = 254;
    private const int LongestCode = 16;

    internal PageTexts Texts => texts;

    /// <summary>The handle of the pending authorization.</summary>
    [BindProperty(SupportsGet = true, Name = "interaction")]
    public string? Interaction { get; set; }

    /// <summary>Where to go without an interaction. Anything but a path on this server is ignored.</summary>
    [BindProperty(SupportsGet = true, Name = "returnUrl")]
    public string? ReturnUrl { get; set; }

    /// <summary>A code is on its way, if there is such an account.</summary>
    [BindProperty(SupportsGet = true, Name = "sent")]
    public bool Sent { get; set; }

    /// <summary>The address.</summary>
    [BindProperty(Name = "email")]
    public string? Email { get; set; }

    /// <summary>The typed code.</summary>
    [BindProperty(Name = "code")]
    public string? Code { get; set; }

    /// <summary>The request that waits; null for a local sign-in.</summary>
    public PendingAuthorization? Pending { get; internal set; }

    /// <summary>The request behind the page cannot be continued.</summary>
    public bool Expired { get; internal set; }

    /// <summary>Why the last try did not work, and what to do.</summary>
    public string? Problem { get; internal set; }

    /// <summary>The sign-in page on this way.</summary>
    public string SignInUrl => Target.PageUrl(Url, "/Account/Login");

    /// <summary>This page, for another code.</summary>
    public string AgainUrl => Target.PageUrl(Url, "/Account/EmailCode");

    private SignInTarget Target => new(Interaction, ReturnUrl);

    /// <summary>Asks for the address, or for the code.</summary>
    public async Task<IActionResult> OnGetAsync() => await LoadAsync() ?? Show();

    /// <summary>Sends a code, or checks one.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        if (await LoadAsync() is { } elsewhere)
        {
            return elsewhere;
        }

        return Expired ? Show() : Sent ? await TryAsync() : await SendAsync();
    }

    private async Task<IActionResult> SendAsync()
    {
        Email = Email is { Length: <= LongestEmail } ? Email : null;
        var (accepted, wait) = await codes.RequestAsync(HttpContext, Email, texts.Language.Code);
        if (accepted)
        {
            return new SeeOtherResult(Url.Page("/Account/EmailCode", new { interaction = Interaction, returnUrl = ReturnUrl, sent = "true" })!);
        }

        if (wait is { } time)
        {
            Response.StatusCode = StatusCodes.Status429TooManyRequests;
            Response.Headers.RetryAfter = Math.Max(1, Math.Ceiling(time.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        Problem = wait is { } rest ? texts["Register.Throttled", texts.Duration(rest)] : texts["Register.EmailInvalid"];
        return Show();
    }

    private async Task<IActionResult> TryAsync()
    {
        var answer = Code is { Length: > 0 and <= LongestCode } ? await codes.TryAsync(HttpContext, Code, Target.Key) : new SignInAnswer(SignInOutcome.Refused);
        switch (answer.Outcome)
        {
            case SignInOutcome.Succeeded:
                return new SeeOtherResult(Pending?.ContinueUrl ?? Target.LocalUrl(Url));
            case SignInOutcome.SecondFactorRequired:
                return new SeeOtherResult(Target.PageUrl(Url, "/Account/TwoFactor"));
            default:
                Problem = texts[answer.Outcome == SignInOutcome.Over ? "EmailCode.Over" : "EmailCode.Wrong"];
                return Show();
        }
    }

    private async Task<IActionResult?> LoadAsync()
    {
        if (!options.Value.EmailCodeSignIn)
        {
            return NotFound();
        }

        if (Interaction is not null)
        {
            Pending = await interactions.FindAuthorizationAsync(HttpContext, Interaction);
            texts.Prefer(Pending?.UiLocales);
            Expired = Pending is null or { Expired: true };
        }

        return null;
    }

    private PageResult Show()
    {
        if (Expired)
        {
            Response.StatusCode = StatusCodes.Status400BadRequest;
        }

        PageSecurity.For(HttpContext).FormActionSource = Pending?.FormActionSource;
        return Page();
    }
}
