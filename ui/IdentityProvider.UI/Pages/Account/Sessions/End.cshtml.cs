using System.Globalization;
using IdentityProvider.Accounts.Events;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account.Sessions;

/// <summary>Ends one of the person's sessions, or all but this one. Fresh sign-in first (ASVS 5, 7.5.2).</summary>
[SignedIn(Freshly = true)]
public sealed class EndModel(ISessionStore store, IAccountEvents events) : PageModel
{
    private const string Reason = "ended_by_person";

    /// <summary>Which; null: all but this one.</summary>
    [BindProperty(SupportsGet = true, Name = "id")]
    public Guid? Id { get; set; }

    /// <summary>The session to end; null: all but this one.</summary>
    public SessionSummary? Session { get; internal set; }

    /// <summary>How many would end.</summary>
    public int Count { get; internal set; }

    /// <summary>Asks. What is not there, or not this person's, leads back to the list.</summary>
    public async Task<IActionResult> OnGetAsync()
    {
        var session = SignedInAttribute.Of(HttpContext);
        var others = (await store.ListAsync(session.UserId, HttpContext.RequestAborted)).Where(it => it.Id != session.Id).ToList();
        Session = others.Find(it => it.Id == Id);
        Count = Id is null ? others.Count : 1;
        return ModelState.IsValid && (Id is null ? others.Count > 0 : Session is not null) ? Page() : ToList();
    }

    /// <summary>Ends what is this person's.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        var session = SignedInAttribute.Of(HttpContext);
        if (!ModelState.IsValid || Id == session.Id)
        {
            return ToList();
        }

        var ended = Id is { } id
            ? await store.EndAsync(id, Reason, session.UserId) is null ? 0 : 1
            : await store.EndAllAsync(session.UserId, Reason, session.Id);
        if (ended > 0)
        {
            var detail = ended.ToString(CultureInfo.InvariantCulture);
            events.Report(new AccountEvent(AccountEventTypes.SessionsEnded) { UserId = session.UserId, SessionId = Id ?? session.Id, Detail = detail }, HttpContext);
        }

        return ToList();
    }

    private SeeOtherResult ToList() => new(Url.Page("/Account/Sessions/Index")!);
}
