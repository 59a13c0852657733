using IdentityProvider.Protocol.Interactions;
using IdentityProvider.Protocol.Subjects;
using IdentityProvider.UI.Localization;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account;

/// <summary>
/// Asks before signing out: <c>/account/logout?interaction=…</c> for a client's request, without for one's own.
/// A request that has expired or is of another browser still leads to a sign-out here, just not back to the client.
/// </summary>
public sealed class LogoutModel(InteractionService interactions, ISubjects subjects, PageTexts texts) : PageModel
{
    /// <summary>The handle of the pending logout.</summary>
    [BindProperty(SupportsGet = true, Name = "interaction")]
    public string? Interaction { get; set; }

    /// <summary>The client's request; null when there is none that holds.</summary>
    public PendingLogout? Pending { get; internal set; }

    /// <summary>Who is signed in, or was until the session became idle: apps may still use what they got in it.</summary>
    public string? Username { get; internal set; }

    /// <summary>Asks.</summary>
    public async Task<IActionResult> OnGetAsync()
    {
        await LoadAsync();
        Username = (await subjects.GetSessionAsync(HttpContext))?.Username ?? (await subjects.FindIdleAsync(HttpContext))?.Username;
        if (Username is null)
        {
            return new SeeOtherResult(LoggedOutUrl());
        }

        PageSecurity.For(HttpContext).FormActionSource = Pending?.FormActionSource;
        return Page();
    }

    /// <summary>Signs out.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        await LoadAsync();
        PageSecurity.For(HttpContext).FormActionSource = Pending?.FormActionSource;
        return new LeaveResult(await interactions.SignOutAsync(HttpContext, Pending));
    }

    private string LoggedOutUrl() => Url.Page("/Account/LoggedOut", new { interaction = Pending?.Handle })!;

    private async Task LoadAsync()
    {
        var found = Interaction is null ? null : await interactions.FindLogoutAsync(HttpContext, Interaction);
        Pending = found is { Expired: false } ? found : null;
        texts.Prefer(Pending?.UiLocales);
    }
}
