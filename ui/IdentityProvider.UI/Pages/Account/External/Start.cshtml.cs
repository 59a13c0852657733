using IdentityProvider.Accounts.Factors;
using IdentityProvider.Protocol.Interactions;
using IdentityProvider.UI.Localization;
using IdentityProvider.UI.Pages.Shared;
using IdentityProvider.UI.Security;
using IdentityProvider.UI.Upstream;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account.External;

/// <summary>Sends somebody to another provider: to sign in, or to link the account there to the one that is signed in here.</summary>
public sealed class StartModel(UpstreamJourney journey, InteractionService interactions, AccountSecurity security, PageTexts texts) : PageModel
{
    private const int RetryAfterSeconds = 10;

    internal PageTexts Texts => texts;

    /// <summary>The provider's name.</summary>
    [BindProperty(SupportsGet = true, Name = "provider")]
    public string? Provider { get; set; }

    /// <summary>The handle of the pending authorization.</summary>
    [BindProperty(SupportsGet = true, Name = "interaction")]
    public string? Interaction { get; set; }

    /// <summary>Where to go without an interaction.</summary>
    [BindProperty(SupportsGet = true, Name = "returnUrl")]
    public string? ReturnUrl { get; set; }

    /// <summary>What comes next is sensitive.</summary>
    [BindProperty(SupportsGet = true, Name = "fresh")]
    public bool Fresh { get; set; }

    /// <summary>Link the account instead of signing in.</summary>
    [BindProperty(SupportsGet = true, Name = "link")]
    public bool Link { get; set; }

    /// <summary>Keep me signed in.</summary>
    [BindProperty(Name = "remember")]
    public bool Remember { get; set; }

    /// <summary>The provider's name on pages.</summary>
    public string DisplayName { get; internal set; } = "";

    /// <summary>The provider's address; null: it cannot be reached.</summary>
    public Onward? Onward { get; internal set; }

    /// <summary>Where to go instead.</summary>
    public string OtherWay { get; internal set; } = "";

    private SignInTarget Target => new(Interaction, ReturnUrl);

    /// <summary>Nobody is sent away by a link: a form has to be sent.</summary>
    public IActionResult OnGet() => new SeeOtherResult(Link ? Url.Page("/Account/Security/Linked")! : LoginUrl());

    /// <summary>Sends the browser off.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        if (journey.Providers.Find(Provider) is not { } provider)
        {
            return NotFound();
        }

        var session = Link ? SignedInAttribute.Find(HttpContext) : null;
        if (Link && (session is null || !await security.IsPrivilegedAsync(session, HttpContext.RequestAborted)))
        {
            return new SeeOtherResult(Url.Page("/Account/Security/Linked")!);
        }

        var pending = Interaction is null || Link ? null : await interactions.FindAuthorizationAsync(HttpContext, Interaction);
        texts.Prefer(pending?.UiLocales);
        if (Interaction is not null && !Link && pending is null or { Expired: true })
        {
            return new SeeOtherResult(LoginUrl());
        }

        var url = await journey.LeaveAsync(HttpContext, provider, new UpstreamDeparture(Link ? new SignInTarget(null, null) : Target)
        {
            Pending = pending,
            Fresh = Fresh,
            Remember = Remember,
            LinkInSession = session?.Id,
        });
        DisplayName = provider.DisplayName;
        Onward = url is null ? null : new Onward(texts["External.Leaving", DisplayName], url);
        OtherWay = Link ? Url.Page("/Account/Security/Linked")! : LoginUrl();
        if (url is null)
        {
            Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            Response.Headers.RetryAfter = RetryAfterSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        PageSecurity.For(HttpContext).NoReferrer = true;
        return Page();
    }

    private string LoginUrl() =>
        Url.Page("/Account/Login", new { interaction = Interaction, returnUrl = ReturnUrl, fresh = Fresh ? "true" : null, local = journey.Providers.HaveRealms ? "true" : null })!;
}
