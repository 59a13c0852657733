using System.Globalization;
using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Notifications;
using IdentityProvider.Accounts.Transitions;
using IdentityProvider.Accounts.Users;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;
using Microsoft.Extensions.Options;

namespace IdentityProvider.UI.Pages.Account.Data;

/// <summary>Asks once more, and then notes that the account is to be deleted.</summary>
[SignedIn(Freshly = true)]
public sealed class DeleteModel(IAccountTransitions transitions, IAccountEvents events, IOptions<AccountOptions> options, TimeProvider time) : PageModel
{
    /// <summary>How long it can still be kept.</summary>
    public TimeSpan Grace => options.Value.DeletionGrace;

    /// <summary>Notes it, and signs out everywhere.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        var session = SignedInAttribute.Of(HttpContext);
        var notice = new ChangeNotice(AccountEventTypes.DeletionRequested, events.OriginOf(HttpContext))
        {
            SessionId = session.Id,
            Mail = MailTemplates.AccountDeletion,
            MailValues = new Dictionary<string, string>
            {
                ["date"] = (time.GetUtcNow() + Grace).UtcDateTime.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            },
        };
        var request = new DeletionRequest { UserId = session.UserId, UserEpoch = session.UserEpoch, Grace = Grace, Notice = notice };
        if (await transitions.RequestDeletionAsync(request) is null)
        {
            return new SeeOtherResult(Url.Page("/Account/Index")!);
        }

        events.Report(notice.ToEvent(session.UserId), HttpContext);
        return new SeeOtherResult(Url.Page("/Account/Data/Goodbye")!);
    }
}
