using IdentityProvider.Accounts.Devices;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account.Sessions;

/// <summary>Forgets a browser that the account knows.</summary>
[SignedIn]
public sealed class ForgetModel(IDeviceStore devices) : PageModel
{
    /// <summary>Which.</summary>
    [BindProperty(SupportsGet = true, Name = "id")]
    public Guid Id { get; set; }

    /// <summary>The browser.</summary>
    public KnownDevice? Device { get; internal set; }

    /// <summary>Asks. What is not there, or not this person's, leads back to the list.</summary>
    public async Task<IActionResult> OnGetAsync()
    {
        Device = (await devices.ListAsync(SignedInAttribute.Of(HttpContext).UserId, HttpContext.RequestAborted)).FirstOrDefault(device => device.Id == Id);
        return Device is null ? ToList() : Page();
    }

    /// <summary>Forgets it, if it is this person's.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        await devices.RevokeAsync(SignedInAttribute.Of(HttpContext).UserId, Id);
        return ToList();
    }

    private SeeOtherResult ToList() => new(Url.Page("/Account/Sessions/Index")!);
}
