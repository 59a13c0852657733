using IdentityProvider.Accounts.Sessions;
using IdentityProvider.UI.Localization;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Options;

namespace IdentityProvider.UI.Pages.Account;

/// <summary>
/// Chooses the language of the pages at this browser: <c>/account/language?set=de&amp;returnUrl=…</c>. By GET, since it changes nothing
/// but how pages look.
/// </summary>
public sealed class LanguageModel(IOptions<SessionCookieOptions> cookies) : PageModel
{
    /// <summary>Goes back to the page, in the other language. Anything but a path on this server leads to the start page.</summary>
    public IActionResult OnGet(string? set, string? returnUrl)
    {
        if (Language.All.FirstOrDefault(language => language.Code == set) is { } language)
        {
            LanguageCookie.Write(Response, language, cookies);
        }

        return new SeeOtherResult(Url.IsLocalUrl(returnUrl) ? LocalUrl.Encode(Url.Content(returnUrl)) : Url.Page("/Index")!);
    }
}
