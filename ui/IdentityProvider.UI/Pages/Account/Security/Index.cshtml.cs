using IdentityProvider.Accounts.Factors;
using IdentityProvider.Protocol.Upstream;
using IdentityProvider.UI.Security;
using Microsoft.AspNetCore.Mvc.RazorPages;

namespace IdentityProvider.UI.Pages.Account.Security;

/// <summary>How safe the account is, and what to do next.</summary>
[SignedIn]
public sealed class IndexModel(AccountSecurity security, UpstreamProviders providers) : PageModel
{
    /// <summary>What is set up.</summary>
    public FactorState Factors { get; internal set; } = new();

    /// <summary>The person's passkeys.</summary>
    public IReadOnlyList<PasskeyView> Passkeys { get; internal set; } = [];

    /// <summary>What the browser tells its password managers about them.</summary>
    public string? Signal { get; internal set; }

    /// <summary>Whether accounts at other providers may sign people in.</summary>
    public bool HasProviders { get; internal set; } = providers.All.Count > 0;

    /// <summary>Shows the page.</summary>
    public async Task OnGetAsync()
    {
        var session = SignedInAttribute.Of(HttpContext);
        Factors = await security.ReadAsync(session, HttpContext.RequestAborted);
        Passkeys = await security.ListPasskeysAsync(session, HttpContext.RequestAborted);
        Signal = security.SignalOf(session, Passkeys);
    }
}
