using IdentityProvider.Accounts.Events;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.DependencyInjection;

namespace IdentityProvider.UI.Pages.Account.Data;

/// <summary>The copy of all that is stored about a person.</summary>
[SignedIn(Freshly = true)]
public sealed class ExportModel(IServiceProvider services, IAccountEvents events) : PageModel
{
    /// <summary>Hands it out.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        var session = SignedInAttribute.Of(HttpContext);
        if (await ActivatorUtilities.CreateInstance<AccountExport>(services).CreateAsync(session, HttpContext.RequestAborted) is not { } file)
        {
            return NotFound();
        }

        events.Report(new AccountEvent(AccountEventTypes.DataExported) { UserId = session.UserId, SessionId = session.Id }, HttpContext);
        return File(file, "application/json", "account-data.json");
    }
}
