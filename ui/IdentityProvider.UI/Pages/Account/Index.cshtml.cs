using IdentityProvider.Accounts.Activity;
using IdentityProvider.Accounts.Factors;
using IdentityProvider.Accounts.Locations;
using IdentityProvider.Protocol.Consents;
using IdentityProvider.UI.Pages.Account.Activity;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account;

/// <summary>The account: who is signed in here, how safe the account is, and what to do next.</summary>
[SignedIn]
public sealed class IndexModel(AccountSecurity security, IActivityStore activity, ConnectedApps apps, ICountryLookup countries) : PageModel
{
    private const int LatestCount = 3;

    /// <summary>The signed-in person's user name.</summary>
    public string Username { get; internal set; } = "";

    /// <summary>What is set up.</summary>
    public FactorState Factors { get; internal set; } = new();

    /// <summary>The person's passkeys.</summary>
    public IReadOnlyList<PasskeyView> Passkeys { get; internal set; } = [];

    internal ActivityList Latest { get; set; } = new([], new Dictionary<string, string>(), countries);

    internal ICountryLookup Countries => countries;

    /// <summary>Shows the page.</summary>
    public async Task OnGetAsync()
    {
        var session = SignedInAttribute.Of(HttpContext);
        Username = session.Username;
        Factors = await security.ReadAsync(session, HttpContext.RequestAborted);
        Passkeys = await security.ListPasskeysAsync(session, HttpContext.RequestAborted);
        var entries = await activity.ListAsync(session.UserId, below: null, LatestCount, HttpContext.RequestAborted);
        Latest = new ActivityList(entries, await apps.NamesAsync(entries.Select(entry => entry.ClientId), HttpContext.RequestAborted), countries);
    }
}
