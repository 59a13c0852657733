using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account;

/// <summary>The account: who is signed in here.</summary>
[Authorize]
public sealed class IndexModel : PageModel
{
    /// <summary>The signed-in person's user name.</summary>
    public string Username => User.Identity?.Name ?? "";
}
