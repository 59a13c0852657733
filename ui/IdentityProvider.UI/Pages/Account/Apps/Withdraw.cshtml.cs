using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Protocol.Consents;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account.Apps;

/// <summary>Takes an app's access away.</summary>
[SignedIn]
public sealed class WithdrawModel(ConnectedApps apps, IAccountTransitions transitions, IAccountEvents events) : PageModel
{
    /// <summary>The client.</summary>
    [BindProperty(SupportsGet = true, Name = "app")]
    public string? ClientId { get; set; }

    /// <summary>What it holds.</summary>
    public ConnectedAppView? App { get; internal set; }

    /// <summary>Asks. An app that has no access leads back to the list.</summary>
    public async Task<IActionResult> OnGetAsync()
    {
        App = await FindAsync();
        return App is null ? ToList() : Page();
    }

    /// <summary>Takes it away: the client is named in what this person's list holds, so that nothing else reaches the store.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        if (await FindAsync() is { } view)
        {
            var userId = SignedInAttribute.Of(HttpContext).UserId;
            await transitions.WithdrawConsentAsync(userId, view.App.ClientId);
            events.Report(
                new AccountEvent(AccountEventTypes.ConsentWithdrawn) { UserId = userId, ClientId = view.App.ClientId, SessionId = SignedInAttribute.Of(HttpContext).Id }, HttpContext);
        }

        return ToList();
    }

    private async Task<ConnectedAppView?> FindAsync() =>
        (await apps.ListAsync(SignedInAttribute.Of(HttpContext).UserId, HttpContext.RequestAborted)).FirstOrDefault(view => view.App.ClientId == ClientId);

    private SeeOtherResult ToList() => new(Url.Page("/Account/Apps/Index")!);
}
