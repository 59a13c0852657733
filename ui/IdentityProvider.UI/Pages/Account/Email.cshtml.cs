using IdentityProvider.Accounts.Recovery;
using IdentityProvider.UI.Localization;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account;

/// <summary>Another address for the signed-in person: it counts once a mail to it has come back.</summary>
[SignedIn(Freshly = true)]
public sealed class EmailModel(AccountCredentials credentials, PageTexts texts) : PageModel
{
    private const int LongestEmail = 254;
    private const int LongestCode = 12;

    internal PageTexts Texts => texts;

    /// <summary>A mail is on its way to the new address.</summary>
    [BindProperty(SupportsGet = true, Name = "sent")]
    public bool Sent { get; set; }

    /// <summary>It has just been done.</summary>
    [BindProperty(SupportsGet = true, Name = "done")]
    public bool Done { get; set; }

    /// <summary>The new address.</summary>
    [BindProperty(Name = "email")]
    public string? Email { get; set; }

    /// <summary>The typed code.</summary>
    [BindProperty(Name = "code")]
    public string? Code { get; set; }

    /// <summary>The present address.</summary>
    public string? Current { get; internal set; }

    /// <summary>The present address is confirmed.</summary>
    public bool Confirmed { get; internal set; }

    /// <summary>Why it did not work.</summary>
    public string? Problem { get; internal set; }

    /// <summary>Shows the form.</summary>
    public Task OnGetAsync() => LoadAsync();

    /// <summary>Sends the mail, or checks the code of it.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        (Sent, Done) = (Code is not null, false);
        await LoadAsync();
        Email = Email is { Length: <= LongestEmail } ? Email : null;
        var session = SignedInAttribute.Of(HttpContext);
        var outcome = Code is null ? await credentials.RequestEmailAsync(HttpContext, session, Email)
            : Code is { Length: > 0 and <= LongestCode } ? await credentials.TryEmailCodeAsync(HttpContext, session, Code)
            : EmailChangeOutcome.WrongCode;
        switch (outcome)
        {
            case EmailChangeOutcome.Sent:
                return new SeeOtherResult(Url.Page("/Account/Email", new { sent = "true" })!);
            case EmailChangeOutcome.Done:
                return new SeeOtherResult(Url.Page("/Account/Email", new { done = "true" })!);
            case EmailChangeOutcome.WrongCode:
                Problem = texts["Verify.WrongCode"];
                break;
            case EmailChangeOutcome.Over:
                (Sent, Problem) = (false, texts["Link.Void"]);
                break;
            default:
                Problem = outcome == EmailChangeOutcome.Same ? texts["ChangeEmail.Same"] : texts["Register.EmailInvalid"];
                break;
        }

        return Page();
    }

    private async Task LoadAsync()
    {
        if (await credentials.ReadEmailAsync(SignedInAttribute.Of(HttpContext)) is var (email, confirmed))
        {
            (Current, Confirmed) = (email, confirmed);
        }
    }
}
