using IdentityProvider.Accounts.Users;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Options;

namespace IdentityProvider.UI.Pages.Account.Data;

/// <summary>The account will be deleted: what can still be done. It names nobody, since nobody is signed in any more.</summary>
public sealed class GoodbyeModel(IOptions<AccountOptions> options) : PageModel
{
    /// <summary>How long it can still be kept.</summary>
    public TimeSpan Grace => options.Value.DeletionGrace;
}
