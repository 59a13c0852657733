using IdentityProvider.Protocol.Consents;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account.Apps;

/// <summary>The apps that have access to the account.</summary>
[SignedIn]
public sealed class IndexModel(ConnectedApps apps) : PageModel
{
    /// <summary>The one used last first.</summary>
    public IReadOnlyList<ConnectedAppView> Apps { get; internal set; } = [];

    /// <summary>Lists them.</summary>
    public async Task OnGetAsync()
    {
        Apps = await apps.ListAsync(SignedInAttribute.Of(HttpContext).UserId, HttpContext.RequestAborted);
        PageSecurity.For(HttpContext).ImageUrls = [.. Apps.Select(app => app.LogoUri).OfType<string>()];
    }
}
