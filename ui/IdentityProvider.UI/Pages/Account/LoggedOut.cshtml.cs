using IdentityProvider.Protocol.Interactions;
using IdentityProvider.Protocol.Subjects;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account;

/// <summary>After the sign-out, when the client has not said where to go on.</summary>
public sealed class LoggedOutModel(InteractionService interactions, ISubjects subjects) : PageModel
{
    /// <summary>The handle of the logout that led here.</summary>
    [BindProperty(SupportsGet = true, Name = "interaction")]
    public string? Interaction { get; set; }

    /// <summary>The client that asked.</summary>
    public string? ClientName { get; internal set; }

    /// <summary>The way back to it; null: not known.</summary>
    public string? ReturnUrl { get; internal set; }

    /// <summary>Says so, if it is true: a link to this page must not make people believe it.</summary>
    public async Task<IActionResult> OnGetAsync()
    {
        if (await subjects.GetSessionAsync(HttpContext) is not null)
        {
            return new SeeOtherResult(Url.Page("/Account/Logout")!);
        }

        var logout = Interaction is null ? null : await interactions.FindLogoutAsync(HttpContext, Interaction);
        ClientName = logout?.ClientName;
        ReturnUrl = logout?.RedirectUrl ?? logout?.ClientUri;
        return Page();
    }
}
