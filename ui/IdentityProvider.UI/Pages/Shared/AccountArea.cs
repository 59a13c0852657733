namespace IdentityProvider.UI.Pages.Shared;

/// <summary>A place in the account, as its navigation lists them.</summary>
/// <param name="Name">What a page calls itself in <c>ViewData["Area"]</c>.</param>
/// <param name="Page">The page.</param>
/// <param name="Text">The key of its name.</param>
internal sealed record AccountArea(string Name, string Page, string Text)
{
    public static IReadOnlyList<AccountArea> All { get; } =
    [
        new("overview", "/Account/Index", "Account.Overview"),
        new("security", "/Account/Security/Index", "Account.Security"),
        new("profile", "/Account/Profile/Index", "Account.Profile"),
        new("sessions", "/Account/Sessions/Index", "Account.Sessions"),
        new("apps", "/Account/Apps/Index", "Account.Apps"),
        new("activity", "/Account/Activity/Index", "Account.Activity"),
        new("data", "/Account/Data/Index", "Account.Data"),
    ];
}
