using IdentityProvider.Accounts.Devices;
using IdentityProvider.Accounts.Locations;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Protocol.Consents;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account.Sessions;

/// <summary>Where the person is signed in.</summary>
[SignedIn]
public sealed class IndexModel(ISessionStore store, IDeviceStore devices, ConnectedApps apps, ICountryLookup countries) : PageModel
{
    /// <summary>The live sessions: this one first, then the newest.</summary>
    public IReadOnlyList<SessionSummary> Sessions { get; internal set; } = [];

    /// <summary>The session of this browser.</summary>
    public Guid Current { get; internal set; }

    /// <summary>Names of the clients in them.</summary>
    public IReadOnlyDictionary<string, string> Names { get; internal set; } = new Dictionary<string, string>();

    /// <summary>The browsers that the account knows, those that were used last first.</summary>
    public IReadOnlyList<KnownDevice> Devices { get; internal set; } = [];

    internal ICountryLookup Countries => countries;

    /// <summary>Lists them.</summary>
    public async Task OnGetAsync()
    {
        var session = SignedInAttribute.Of(HttpContext);
        Current = session.Id;
        Sessions = [.. (await store.ListAsync(session.UserId, HttpContext.RequestAborted)).OrderByDescending(it => it.Id == session.Id).ThenByDescending(it => it.AuthTime)];
        Devices = await devices.ListAsync(session.UserId, HttpContext.RequestAborted);
        Names = await apps.NamesAsync(Sessions.SelectMany(it => it.Clients), HttpContext.RequestAborted);
    }
}
