using System.Globalization;
using IdentityProvider.Accounts.Activity;
using IdentityProvider.Accounts.Locations;
using IdentityProvider.Protocol.Consents;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account.Activity;

/// <summary>What happened to the account, the latest first.</summary>
[SignedIn]
public sealed class IndexModel(IActivityStore store, ConnectedApps apps, ICountryLookup countries) : PageModel
{
    private const int PageSize = 25;

    /// <summary>Below which entry the page begins: its moment in ticks and its place.</summary>
    [BindProperty(SupportsGet = true, Name = "below")]
    public string? Below { get; set; }

    internal ActivityList List { get; set; } = new([], new Dictionary<string, string>(), countries);

    internal ICountryLookup Countries => countries;

    /// <summary>The address of what is older; null: there is nothing.</summary>
    public string? Older { get; internal set; }

    /// <summary>Lists them.</summary>
    public async Task OnGetAsync()
    {
        var entries = await store.ListAsync(SignedInAttribute.Of(HttpContext).UserId, Cursor(), PageSize + 1, HttpContext.RequestAborted);
        var shown = entries.Take(PageSize).ToList();
        List = new ActivityList(shown, await apps.NamesAsync(shown.Select(entry => entry.ClientId), HttpContext.RequestAborted), countries);
        Older = entries.Count > PageSize
            ? Url.Page("/Account/Activity/Index", new { below = string.Create(CultureInfo.InvariantCulture, $"{shown[^1].OccurredAt.UtcTicks}-{shown[^1].Id}") })
            : null;
    }

    /// <summary>What is no place in the list begins with the latest.</summary>
    private ActivityCursor? Cursor() =>
        Below?.Split('-') is [var moment, var place]
        && long.TryParse(moment, NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) && ticks < DateTimeOffset.MaxValue.Ticks
        && long.TryParse(place, NumberStyles.None, CultureInfo.InvariantCulture, out var id)
            ? new ActivityCursor(new DateTimeOffset(ticks, TimeSpan.Zero), id)
            : null;
}
