using IdentityProvider.Accounts.Factors;
using IdentityProvider.UI.Localization;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account.Security;

/// <summary>One passkey: its name, and its removal.</summary>
[SignedIn(Freshly = true)]
public sealed class PasskeyModel(AccountSecurity security) : PageModel
{
    /// <summary>The credential id in base64url.</summary>
    [BindProperty(SupportsGet = true, Name = "id")]
    public string? Id { get; set; }

    /// <summary>The new name.</summary>
    [BindProperty(Name = "name")]
    public string? Name { get; set; }

    /// <summary>Remove it.</summary>
    [BindProperty(Name = "remove")]
    public bool Remove { get; set; }

    /// <summary>The passkey.</summary>
    public PasskeyView? Passkey { get; internal set; }

    /// <summary>It stays, since nothing else signs the person in.</summary>
    public bool LastMeans { get; internal set; }

    /// <summary>Shows it, if it is this person's.</summary>
    public async Task<IActionResult> OnGetAsync()
    {
        var passkeys = await security.ListPasskeysAsync(SignedInAttribute.Of(HttpContext), HttpContext.RequestAborted);
        Passkey = passkeys.FirstOrDefault(passkey => passkey.Id == Id);
        return Passkey is null ? ToList() : Page();
    }

    /// <summary>Renames or removes it. What is not this person's is left alone.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        var session = SignedInAttribute.Of(HttpContext);
        if (!Remove)
        {
            await security.RenamePasskeyAsync(session, Id ?? "", Name ?? "");
        }
        else if (await security.RemovePasskeyAsync(HttpContext, session, Id ?? "") == PasskeyRemoval.LastMeans)
        {
            LastMeans = true;
            Response.StatusCode = StatusCodes.Status409Conflict;
            return await OnGetAsync();
        }

        return ToList();
    }

    private SeeOtherResult ToList() => new(Url.Page("/Account/Security/Index")!);
}

/// <summary>What a person calls their passkeys.</summary>
internal static class PasskeyWords
{
    /// <summary>The name that the person gave it, else of who keeps it.</summary>
    public static string Title(this PasskeyView passkey, PageTexts texts) =>
        passkey.Name.Length > 0 ? passkey.Name : passkey.Provider ?? texts["Passkey.Unnamed"];
}
