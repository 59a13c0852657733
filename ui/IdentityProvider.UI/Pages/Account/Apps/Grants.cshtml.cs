using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account.Apps;

/// <summary>The address under which other providers have the same page.</summary>
public sealed class GrantsModel : PageModel
{
    /// <summary>Leads to it.</summary>
    public IActionResult OnGet() => new SeeOtherResult(Url.Page("/Account/Apps/Index")!);
}
