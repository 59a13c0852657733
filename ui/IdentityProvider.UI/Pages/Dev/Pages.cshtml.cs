using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Dev;

/// <summary>The gallery of pages and components: <c>/dev/pages</c>, in Development only.</summary>
public sealed class PagesModel : PageModel;
