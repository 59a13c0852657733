using IdentityProvider.Protocol.Interactions;
using IdentityProvider.Protocol.Subjects;
using IdentityProvider.UI.Localization;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account;

/// <summary>After the sign-out: when the client has not said where to go on, or when other clients have to hear of it first.</summary>
public sealed class LoggedOutModel(InteractionService interactions, ISubjects subjects, PageTexts texts) : PageModel
{
    /// <summary>The handle of the logout that led here.</summary>
    [BindProperty(SupportsGet = true, Name = "interaction")]
    public string? Interaction { get; set; }

    /// <summary>The client that asked.</summary>
    public string? ClientName { get; internal set; }

    /// <summary>The way back to it; null: not known.</summary>
    public string? ReturnUrl { get; internal set; }

    /// <summary>Pages of clients that are opened in hidden frames, so that these sign the person out as well.</summary>
    public IReadOnlyList<string> Frames { get; internal set; } = [];

    /// <summary>Whether the page goes on to <see cref="ReturnUrl"/> by itself, once the frames have loaded.</summary>
    public bool GoesOn { get; internal set; }

    /// <summary>Says so, if it is true: a link to this page must not make people believe it.</summary>
    public async Task<IActionResult> OnGetAsync()
    {
        if (await subjects.GetSessionAsync(HttpContext) is not null)
        {
            return new SeeOtherResult(Url.Page("/Account/Logout")!);
        }

        var logout = Interaction is null ? null : await interactions.FindLogoutAsync(HttpContext, Interaction);
        texts.Prefer(logout?.UiLocales);
        ClientName = logout?.ClientName;
        ReturnUrl = logout?.RedirectUrl ?? logout?.ClientUri;
        Frames = logout?.Frames ?? [];
        GoesOn = Frames.Count > 0 && logout?.RedirectUrl is not null;
        PageSecurity.For(HttpContext).FrameSources = logout?.FrameSources ?? [];
        return Page();
    }
}
