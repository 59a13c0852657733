using IdentityProvider.Accounts.Factors;
using IdentityProvider.Accounts.Passwords;
using IdentityProvider.Accounts.SignIn;
using IdentityProvider.UI.Branding;
using IdentityProvider.UI.Localization;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Options;

namespace IdentityProvider.UI.Pages.Account.Security;

/// <summary>Sets up an authenticator app, or removes it.</summary>
[SignedIn(Freshly = true, Enrolling = true)]
public sealed class AuthenticatorModel(
    AccountSecurity security, PasswordPolicy policy, IOptions<BrandingOptions> branding, PageTexts texts) : PageModel
{
    private const int LongestCode = 12;

    internal PageTexts Texts => texts;

    /// <summary>The handle of the pending authorization, for who is on the way to an app.</summary>
    [BindProperty(SupportsGet = true, Name = "interaction")]
    public string? Interaction { get; set; }

    /// <summary>Where to go without one.</summary>
    [BindProperty(SupportsGet = true, Name = "returnUrl")]
    public string? ReturnUrl { get; set; }

    /// <summary>The code that the app shows.</summary>
    [BindProperty(Name = "code")]
    public string? Code { get; set; }

    /// <summary>The set-up that the page showed.</summary>
    [BindProperty(Name = "ticket")]
    public string? Ticket { get; set; }

    /// <summary>Remove the app.</summary>
    [BindProperty(Name = "remove")]
    public bool Remove { get; set; }

    /// <summary>What is set up already.</summary>
    public FactorState Factors { get; internal set; } = new();

    /// <summary>What the app is to be told.</summary>
    public TotpSetUp? SetUp { get; internal set; }

    /// <summary>The recovery codes that go with it: shown now, and never again.</summary>
    public IReadOnlyList<string> RecoveryCodes { get; internal set; } = [];

    /// <summary>Why the last try did not work, and what to do.</summary>
    public string? Problem { get; internal set; }

    /// <summary>The app was not removed, since the password is too short to be alone.</summary>
    public bool ShortPassword { get; internal set; }

    internal string ShortPasswordProblem => texts["Authenticator.ShortPassword", policy.MinLength(secondFactor: false)];

    internal string OnwardUrl => new SignInTarget(Interaction, ReturnUrl).AfterEnrolment(Url);

    /// <summary>Shows a new secret.</summary>
    public Task<IActionResult> OnGetAsync() => ShowAsync();

    /// <summary>Confirms the app by a code, or removes it.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        var session = SignedInAttribute.Of(HttpContext);
        if (Remove)
        {
            if (await security.RemoveTotpAsync(HttpContext, session))
            {
                return new SeeOtherResult(Url.Page("/Account/Security/Index")!);
            }

            (ShortPassword, Problem) = (true, ShortPasswordProblem);
            return await ShowAsync();
        }

        if (Code is { Length: > 0 and <= LongestCode })
        {
            var (answer, codes) = await security.ConfirmTotpAsync(HttpContext, session, Ticket, Code);
            if (answer.Outcome == SignInOutcome.Succeeded)
            {
                // The codes are in this answer and nowhere else.
                RecoveryCodes = codes;
                return codes.Count > 0 ? Page() : new SeeOtherResult(OnwardUrl);
            }
        }

        Problem = texts["Authenticator.WrongCode"];
        return await ShowAsync();
    }

    private async Task<IActionResult> ShowAsync()
    {
        var session = SignedInAttribute.Of(HttpContext);
        Factors = await security.ReadAsync(session, HttpContext.RequestAborted);
        SetUp = security.ResumeTotp(session, branding.Value.Name, Ticket) ?? security.BeginTotp(session, branding.Value.Name);
        return Page();
    }
}
