using Microsoft.AspNetCore.Mvc;

namespace IdentityProvider.UI.Security;

/// <summary>Where a sign-in goes on, as the pages on the way hand it to each other: a pending request, or a path on this server.</summary>
internal sealed record SignInTarget(string? Interaction, string? ReturnUrl)
{
    /// <summary>Tells the ways of several tabs apart.</summary>
    public string Key => Interaction is null ? "url:" + ReturnUrl : "interaction:" + Interaction;

    /// <summary>The address of a page on this way.</summary>
    public string PageUrl(IUrlHelper url, string page) => url.Page(page, new { interaction = Interaction, returnUrl = ReturnUrl })!;

    /// <summary>Where to go once a factor is set up: on with what waits, or back to the list.</summary>
    public string AfterEnrolment(IUrlHelper url) =>
        Interaction is null && ReturnUrl is null ? url.Page("/Account/Security/Index")! : PageUrl(url, "/Account/Enrol");

    /// <summary>Where to go without a request: anything but a path on this server leads to the account.</summary>
    public string LocalUrl(IUrlHelper url) =>
        url.IsLocalUrl(ReturnUrl) ? Security.LocalUrl.Encode(url.Content(ReturnUrl)) : url.Page("/Account/Index")!;
}
