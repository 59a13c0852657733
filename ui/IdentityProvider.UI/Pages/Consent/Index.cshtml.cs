using IdentityProvider.Protocol.Interactions;
using IdentityProvider.UI.Localization;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Consent;

/// <summary>Asks whether a client may have what it asks for: <c>/consent?interaction=…</c>. Without scopes it only asks for a click.</summary>
public sealed class IndexModel(InteractionService interactions, PageTexts texts) : PageModel
{
    /// <summary>The handle of the pending authorization.</summary>
    [BindProperty(SupportsGet = true, Name = "interaction")]
    public string? Interaction { get; set; }

    /// <summary>The ticked scopes.</summary>
    [BindProperty(Name = "scope")]
    public IReadOnlyList<string> AllowedScopes { get; set; } = [];

    /// <summary>Do not ask again.</summary>
    [BindProperty(Name = "remember")]
    public bool Remember { get; set; }

    /// <summary>The pressed button: <c>allow</c> or <c>deny</c>.</summary>
    [BindProperty(Name = "decision")]
    public string? Decision { get; set; }

    /// <summary>The subject whom the page asked: another one may have signed in since, in another tab.</summary>
    [BindProperty(Name = "subject")]
    public string? Subject { get; set; }

    /// <summary>The request that waits; null when it is unknown or of another browser.</summary>
    public PendingAuthorization? Pending { get; internal set; }

    /// <summary>Whether there is nothing left to answer.</summary>
    public bool Expired => Pending is null or { Expired: true };

    /// <summary>Asks.</summary>
    public async Task<IActionResult> OnGetAsync()
    {
        Pending = await interactions.FindAuthorizationAsync(HttpContext, Interaction);
        return Expired || IsSignedIn() ? Show() : SignInFirst();
    }

    /// <summary>Records the answer.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        Pending = await interactions.FindAuthorizationAsync(HttpContext, Interaction);
        if (Expired)
        {
            return Show();
        }

        if (!IsSignedIn())
        {
            return SignInFirst();
        }

        if (Subject != Pending!.Session!.Subject || Decision is not ("allow" or "deny"))
        {
            return new SeeOtherResult(Request.GetEncodedPathAndQuery());
        }

        if (Decision == "allow")
        {
            var allowed = Pending.Scopes.Select(scope => scope.Name).Intersect(AllowedScopes, StringComparer.Ordinal).ToList();
            await interactions.AllowAsync(HttpContext, Pending, allowed, Remember && Pending.MayRemember);
        }
        else
        {
            await interactions.DenyAsync(HttpContext, Pending);
        }

        return new SeeOtherResult(Pending.ContinueUrl);
    }

    private bool IsSignedIn() => Pending is { Session: not null, NeedsSignIn: false };

    private SeeOtherResult SignInFirst() => new(Url.Page("/Account/Login", new { interaction = Interaction })!);

    private PageResult Show()
    {
        if (Expired)
        {
            Response.StatusCode = StatusCodes.Status400BadRequest;
        }

        texts.Prefer(Pending?.UiLocales);
        var security = PageSecurity.For(HttpContext);
        security.FormActionSource = Pending?.FormActionSource;
        security.ImageUrl = Pending?.Client.LogoUri;
        return Page();
    }
}
