using IdentityProvider.Protocol.Interactions;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account;

/// <summary>Somebody has to set up a second factor, since an operator wants it. Nothing else is possible until then.</summary>
[SignedIn(Enrolling = true)]
public sealed class EnrolModel(InteractionService interactions) : PageModel
{
    /// <summary>The handle of the pending authorization.</summary>
    [BindProperty(SupportsGet = true, Name = "interaction")]
    public string? Interaction { get; set; }

    /// <summary>Where to go without one.</summary>
    [BindProperty(SupportsGet = true, Name = "returnUrl")]
    public string? ReturnUrl { get; set; }

    internal SignInTarget Target => new(Interaction, ReturnUrl);

    /// <summary>Asks, or goes on once it is done.</summary>
    public async Task<IActionResult> OnGetAsync()
    {
        if (SignedInAttribute.Of(HttpContext).MustEnrol)
        {
            return Page();
        }

        var pending = Interaction is null ? null : await interactions.FindAuthorizationAsync(HttpContext, Interaction);
        return new SeeOtherResult(pending?.ContinueUrl ?? Target.LocalUrl(Url));
    }
}
