using IdentityProvider.Accounts.Activity;
using IdentityProvider.Accounts.Locations;

namespace IdentityProvider.UI.Pages.Account.Activity;

/// <summary>Entries with what their words need.</summary>
internal sealed record ActivityList(IReadOnlyList<ActivityEntry> Entries, IReadOnlyDictionary<string, string> Names, ICountryLookup Countries);
