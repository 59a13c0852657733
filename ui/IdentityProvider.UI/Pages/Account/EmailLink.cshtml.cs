using IdentityProvider.Accounts.OneTimeTokens;
using IdentityProvider.Accounts.Recovery;
using IdentityProvider.Accounts.SignIn;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account;

/// <summary>
/// The links of mails about an address: <c>/account/email/confirm?token=…</c> gives the account the new one, <c>/account/email/undo?token=…</c>
/// the old one back. Looking at them changes nothing. To take a change back needs no sign-in: whoever reads the mail has had the address.
/// </summary>
[MailedLink]
public sealed class EmailLinkModel(AccountCredentials credentials) : PageModel
{
    /// <summary><c>confirm</c> or <c>undo</c>.</summary>
    [BindProperty(SupportsGet = true, Name = "kind")]
    public string Kind { get; set; } = "";

    /// <summary>The text of the link.</summary>
    [BindProperty(SupportsGet = true, Name = "token")]
    public string? Token { get; set; }

    /// <summary>It has just been done.</summary>
    [BindProperty(SupportsGet = true, Name = "done")]
    public bool Done { get; set; }

    /// <summary>The old address comes back.</summary>
    public bool Undo => string.Equals(Kind, "undo", StringComparison.OrdinalIgnoreCase);

    /// <summary>How the link stands.</summary>
    public OneTimeTokenStatus Status { get; internal set; } = OneTimeTokenStatus.Void;

    /// <summary>Whose account it is.</summary>
    public string Username { get; internal set; } = "";

    /// <summary>The address that the account would have.</summary>
    public string Email { get; internal set; } = "";

    /// <summary>The link is good in another browser, or after a sign-in.</summary>
    public bool Elsewhere { get; internal set; }

    /// <summary>The sign-in page, for whose account it is; it leads back.</summary>
    public string SignInUrl => Url.Page("/Account/Login", new { returnUrl = Here, @switch = "true" })!;

    private string Here => Request.PathBase.ToUriComponent() + Request.Path.ToUriComponent() + Request.QueryString.ToUriComponent();

    /// <summary>Shows how the link stands.</summary>
    public Task OnGetAsync() => LoadAsync();

    /// <summary>Changes the address.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        try
        {
            var outcome = Undo ? await credentials.UndoEmailAsync(HttpContext, Token) : await credentials.UseEmailLinkAsync(HttpContext, Token);
            if (outcome == EmailChangeOutcome.Done)
            {
                return new SeeOtherResult(Url.Page("/Account/EmailLink", new { kind = Kind, token = (string?)null, done = "true" })!);
            }
        }
        catch (OverloadedException)
        {
            Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            Response.Headers.RetryAfter = "5";
        }

        Done = false;
        await LoadAsync();
        return Page();
    }

    private async Task LoadAsync()
    {
        var purpose = Undo ? OneTimeTokenPurposes.UndoEmailChange : OneTimeTokenPurposes.ChangeEmail;
        if (!Done && await credentials.LookAsync(HttpContext, Token, purpose) is { } link)
        {
            (Status, Username, Email, Elsewhere) = (link.Status, link.Username, link.Email, link.Elsewhere);
        }
    }
}
