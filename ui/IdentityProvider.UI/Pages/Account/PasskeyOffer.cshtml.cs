using IdentityProvider.Accounts.Factors;
using IdentityProvider.Accounts.Passkeys;
using IdentityProvider.Protocol.Interactions;
using IdentityProvider.UI.Localization;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account;

/// <summary>Offers a passkey once, after a sign-in without one, on the way to where the person wanted to go.</summary>
[SignedIn]
public sealed class PasskeyOfferModel(AccountSecurity security, InteractionService interactions, PageTexts texts) : PageModel
{
    internal PageTexts Texts => texts;

    /// <summary>The handle of the pending authorization.</summary>
    [BindProperty(SupportsGet = true, Name = "interaction")]
    public string? Interaction { get; set; }

    /// <summary>Where to go without an interaction.</summary>
    [BindProperty(SupportsGet = true, Name = "returnUrl")]
    public string? ReturnUrl { get; set; }

    /// <summary>The passkey that the browser made.</summary>
    [BindProperty(Name = "credential")]
    public string? Credential { get; set; }

    /// <summary>The sealed challenge it was made for.</summary>
    [BindProperty(Name = "challenge")]
    public string? SealedChallenge { get; set; }

    /// <summary>Not now.</summary>
    [BindProperty(Name = "decline")]
    public bool Decline { get; set; }

    /// <summary>What the browser needs to make a passkey.</summary>
    public PasskeyPrompt? Prompt { get; internal set; }

    /// <summary>Why the last try did not work.</summary>
    public string? Problem { get; internal set; }

    private PendingAuthorization? Pending { get; set; }

    /// <summary>Shows the offer, as long as it is one.</summary>
    public async Task<IActionResult> OnGetAsync()
    {
        await LoadAsync();
        var session = SignedInAttribute.Of(HttpContext);
        return (await security.ReadAsync(session, HttpContext.RequestAborted)).OfferPasskey && await security.IsPrivilegedAsync(session, HttpContext.RequestAborted)
            ? await ShowAsync()
            : new SeeOtherResult(Destination());
    }

    /// <summary>Adds the passkey, or remembers "not now"; then goes on.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        await LoadAsync();
        var session = SignedInAttribute.Of(HttpContext);
        if (Decline)
        {
            await security.DeclinePasskeyOfferAsync(session);
            return new SeeOtherResult(Destination());
        }

        // Who has left the page open for long goes on without it, and is asked at the next sign-in again.
        if (!await security.IsPrivilegedAsync(session, HttpContext.RequestAborted))
        {
            return new SeeOtherResult(Destination());
        }

        if (await security.AddPasskeyAsync(HttpContext, session, new PasskeyAnswer(Credential, SealedChallenge), name: ""))
        {
            return new SeeOtherResult(Destination());
        }

        Problem = texts["Passkey.NotAdded"];
        return await ShowAsync();
    }

    private async Task LoadAsync()
    {
        Pending = Interaction is null ? null : await interactions.FindAuthorizationAsync(HttpContext, Interaction);
        texts.Prefer(Pending?.UiLocales);
    }

    private async Task<IActionResult> ShowAsync()
    {
        Prompt = await security.PromptNewPasskeyAsync(HttpContext, SignedInAttribute.Of(HttpContext));
        PageSecurity.For(HttpContext).FormActionSource = Pending?.FormActionSource;
        return Page();
    }

    private string Destination() => Pending?.ContinueUrl ?? new SignInTarget(Interaction, ReturnUrl).LocalUrl(Url);
}
