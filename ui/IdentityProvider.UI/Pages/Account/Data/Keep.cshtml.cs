using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Protocol.Interactions;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account.Data;

/// <summary>Somebody signs in to an account that is to be deleted: they keep it, or go. Nothing else is possible until then.</summary>
[SignedIn(Leaving = true)]
public sealed class KeepModel(InteractionService interactions, IAccountTransitions transitions, IAccountEvents events) : PageModel
{
    /// <summary>The handle of the pending authorization.</summary>
    [BindProperty(SupportsGet = true, Name = "interaction")]
    public string? Interaction { get; set; }

    /// <summary>Where to go without one.</summary>
    [BindProperty(SupportsGet = true, Name = "returnUrl")]
    public string? ReturnUrl { get; set; }

    /// <summary>When the account is deleted.</summary>
    public DateTimeOffset DeleteAfter { get; internal set; }

    /// <summary>Asks.</summary>
    public async Task<IActionResult> OnGetAsync()
    {
        if (SignedInAttribute.Of(HttpContext).DeleteAfter is not { } deleteAfter)
        {
            return new SeeOtherResult(await DestinationAsync());
        }

        // Browsers hold the policy of this page against the redirects that follow its form.
        PageSecurity.For(HttpContext).FormActionSource = (await FindAsync())?.FormActionSource;
        DeleteAfter = deleteAfter;
        return Page();
    }

    /// <summary>Keeps the account, and goes on.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        var session = SignedInAttribute.Of(HttpContext);
        var notice = new ChangeNotice(AccountEventTypes.DeletionCancelled, events.OriginOf(HttpContext)) { SessionId = session.Id };
        if (await transitions.CancelDeletionAsync(session.UserId, notice))
        {
            events.Report(notice.ToEvent(session.UserId), HttpContext);
        }

        return new SeeOtherResult(await DestinationAsync());
    }

    private async Task<PendingAuthorization?> FindAsync() =>
        Interaction is null ? null : await interactions.FindAuthorizationAsync(HttpContext, Interaction);

    private async Task<string> DestinationAsync() => (await FindAsync())?.ContinueUrl ?? new SignInTarget(Interaction, ReturnUrl).LocalUrl(Url);
}
