using IdentityProvider.Accounts.Factors;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account.Security;

/// <summary>Replaces the recovery codes, and shows the new ones once.</summary>
[SignedIn(Freshly = true)]
public sealed class RecoveryCodesModel(AccountSecurity security) : PageModel
{
    /// <summary>How many are left.</summary>
    public int Left { get; internal set; }

    /// <summary>The new codes.</summary>
    public IReadOnlyList<string> Codes { get; internal set; } = [];

    /// <summary>Asks.</summary>
    public async Task<IActionResult> OnGetAsync()
    {
        var state = await security.ReadAsync(SignedInAttribute.Of(HttpContext), HttpContext.RequestAborted);
        Left = state.RecoveryCodesLeft;
        return state.TwoStep ? Page() : new SeeOtherResult(Url.Page("/Account/Security/Index")!);
    }

    /// <summary>Makes new ones. They are in this answer and nowhere else.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        var session = SignedInAttribute.Of(HttpContext);
        if (!(await security.ReadAsync(session, HttpContext.RequestAborted)).TwoStep)
        {
            return new SeeOtherResult(Url.Page("/Account/Security/Index")!);
        }

        Codes = await security.CreateRecoveryCodesAsync(HttpContext, session);
        return Page();
    }
}
