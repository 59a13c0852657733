using IdentityProvider.Accounts.Factors;
using IdentityProvider.Accounts.Passkeys;
using IdentityProvider.UI.Localization;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account.Security;

/// <summary>Adds a passkey.</summary>
[SignedIn(Freshly = true, Enrolling = true)]
public sealed class AddPasskeyModel(AccountSecurity security, PageTexts texts) : PageModel
{
    internal PageTexts Texts => texts;

    /// <summary>The handle of the pending authorization, for who is on the way to an app.</summary>
    [BindProperty(SupportsGet = true, Name = "interaction")]
    public string? Interaction { get; set; }

    /// <summary>Where to go without one.</summary>
    [BindProperty(SupportsGet = true, Name = "returnUrl")]
    public string? ReturnUrl { get; set; }

    /// <summary>The passkey that the browser made.</summary>
    [BindProperty(Name = "credential")]
    public string? Credential { get; set; }

    /// <summary>The sealed challenge it was made for.</summary>
    [BindProperty(Name = "challenge")]
    public string? SealedChallenge { get; set; }

    /// <summary>What to call it; it may stay empty.</summary>
    [BindProperty(Name = "name")]
    public string? Name { get; set; }

    /// <summary>What the browser needs to make a passkey.</summary>
    public PasskeyPrompt? Prompt { get; internal set; }

    /// <summary>Why the last try did not work.</summary>
    public string? Problem { get; internal set; }

    /// <summary>Shows the page.</summary>
    public async Task OnGetAsync() => Prompt = await security.PromptNewPasskeyAsync(HttpContext, SignedInAttribute.Of(HttpContext));

    /// <summary>Adds it.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        var session = SignedInAttribute.Of(HttpContext);
        if (await security.AddPasskeyAsync(HttpContext, session, new PasskeyAnswer(Credential, SealedChallenge), Name ?? ""))
        {
            return new SeeOtherResult(new SignInTarget(Interaction, ReturnUrl).AfterEnrolment(Url));
        }

        Problem = texts["Passkey.NotAdded"];
        Prompt = await security.PromptNewPasskeyAsync(HttpContext, session);
        return Page();
    }
}
