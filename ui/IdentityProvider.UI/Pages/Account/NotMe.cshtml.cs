using IdentityProvider.Accounts.OneTimeTokens;
using IdentityProvider.Accounts.SignIn;
using IdentityProvider.Protocol.Consents;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account;

/// <summary>
/// The link of the mail about a sign-in: <c>/account/not-me?token=…</c>. Looking at it changes nothing, and shows nothing of the account. The
/// answer to the form says what was ended; it is not stored, and not shown again.
/// </summary>
[MailedLink]
public sealed class NotMeModel(DeniedSignIns signIns, ConnectedApps apps) : PageModel
{
    /// <summary>The text of the link.</summary>
    [BindProperty(SupportsGet = true, Name = "token")]
    public string? Token { get; set; }

    /// <summary>How the link stands.</summary>
    public OneTimeTokenStatus Status { get; internal set; } = OneTimeTokenStatus.Void;

    /// <summary>What has just been ended; null: nothing.</summary>
    public DeniedSignIn? Denied { get; internal set; }

    /// <summary>The apps that got tokens since the sign-in.</summary>
    public IReadOnlyList<ConnectedAppView> Apps { get; internal set; } = [];

    /// <summary>Shows how the link stands.</summary>
    public async Task OnGetAsync() => Status = await signIns.LookAsync(Token, HttpContext.RequestAborted);

    /// <summary>Locks the account.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        Denied = await signIns.DenyAsync(HttpContext, Token);
        Status = Denied is null ? await signIns.LookAsync(Token, HttpContext.RequestAborted) : OneTimeTokenStatus.Used;
        if (Denied is { } denied)
        {
            Apps = await apps.ListSinceAsync(denied.UserId, denied.Since, HttpContext.RequestAborted);
            PageSecurity.For(HttpContext).ImageUrls = [.. Apps.Select(app => app.LogoUri).OfType<string>()];
        }

        return Page();
    }
}
