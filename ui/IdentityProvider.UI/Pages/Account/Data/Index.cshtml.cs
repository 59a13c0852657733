using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account.Data;

/// <summary>What a person may do with all that is stored about them: have it, and have it deleted.</summary>
[SignedIn]
public sealed class IndexModel : PageModel;
