using IdentityProvider.Accounts.Upstream;
using IdentityProvider.Protocol.Upstream;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account.Security;

/// <summary>The accounts at other providers that sign the person in: the list, one more, one less.</summary>
[SignedIn(Freshly = true)]
public sealed class LinkedModel(ExternalSignInService signIn, UpstreamProviders providers) : PageModel
{
    private const int LongestIssuer = 2048;
    private const int LongestSubject = 255;

    /// <summary>The provider of the account to unlink.</summary>
    [BindProperty(Name = "issuer")]
    public string? Issuer { get; set; }

    /// <summary>The account to unlink.</summary>
    [BindProperty(Name = "subject")]
    public string? Subject { get; set; }

    /// <summary>The linked accounts.</summary>
    public IReadOnlyList<ExternalLogin> Logins { get; internal set; } = [];

    /// <summary>Where another account may be.</summary>
    public IReadOnlyList<UpstreamProvider> Providers { get; internal set; } = [];

    /// <summary>The account stays, since nothing else signs the person in.</summary>
    public bool LastMeans { get; internal set; }

    /// <summary>What the provider of an account is called; its host, if it is configured no more.</summary>
    internal string NameOf(ExternalLogin login) =>
        providers.FindIssuer(login.Issuer)?.DisplayName ?? (Uri.TryCreate(login.Issuer, UriKind.Absolute, out var issuer) ? issuer.Host : login.Issuer);

    /// <summary>Shows them.</summary>
    public async Task OnGetAsync()
    {
        Logins = await signIn.ListAsync(SignedInAttribute.Of(HttpContext), HttpContext.RequestAborted);
        Providers = providers.All;
    }

    /// <summary>Unlinks one, unless it is the last means of signing in.</summary>
    public async Task<IActionResult> OnPostAsync()
    {
        var outcome = Issuer is { Length: > 0 and <= LongestIssuer } && Subject is { Length: > 0 and <= LongestSubject }
            && !Issuer.Contains('\0', StringComparison.Ordinal) && !Subject.Contains('\0', StringComparison.Ordinal)
            ? await signIn.UnlinkAsync(HttpContext, SignedInAttribute.Of(HttpContext), Issuer, Subject)
            : UnlinkOutcome.NotFound;
        if (outcome != UnlinkOutcome.LastMeans)
        {
            return new SeeOtherResult(Url.Page("/Account/Security/Linked")!);
        }

        await OnGetAsync();
        LastMeans = true;
        Response.StatusCode = StatusCodes.Status409Conflict;
        return Page();
    }
}
