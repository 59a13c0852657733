using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Accounts.Sessions;

/// <summary>
/// A random value that changes whenever somebody signs in or out at this browser, or comes back to a session that has ended (OpenID Connect Session Management §3.2). The script of
/// the check-session frame reads it inside pages of other sites, so it is not HttpOnly and not same-site: it is worth nothing to anybody.
/// Written only when <see cref="SessionOptions.CheckSessionIframe"/> is on.
/// </summary>
public sealed class BrowserStateCookie(IOptions<SessionCookieOptions> cookie, IOptions<SessionOptions> sessions)
{
    private const int Size = 16;
    private const int LongestValue = 64;

    private readonly bool _secure = cookie.Value.Secure;
    private readonly bool _enabled = sessions.Value.CheckSessionIframe;

    /// <summary>The cookie's name, for the script.</summary>
    public string Name => _secure ? "__Host-idp.browser-state" : "idp.browser-state";

    /// <summary>The browser's value, which is made if it is missing.</summary>
    public string Ensure(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Request.Cookies.TryGetValue(Name, out var value) && value.Length is > 0 and <= LongestValue && Base64Url.IsValid(value)
            ? value
            : Write(context.Response);
    }

    internal void Renew(HttpResponse response)
    {
        if (_enabled)
        {
            Write(response);
        }
    }

    /// <summary>
    /// The session has ended elsewhere, or by its time. The session's own cookie stays: another tab may just have got a new one.
    /// </summary>
    internal void Forget(HttpContext context)
    {
        if (_enabled && context.Request.Cookies.ContainsKey(Name) && !context.Response.HasStarted)
        {
            Delete(context.Response);
        }
    }

    internal void Delete(HttpResponse response)
    {
        if (_enabled)
        {
            response.Cookies.Delete(Name, Options());
        }
    }

    private string Write(HttpResponse response)
    {
        var value = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Size));
        response.Cookies.Append(Name, value, Options());
        return value;
    }

    // Browsers accept SameSite=None with Secure only. Without https the frame works on the provider's own site alone.
    private CookieOptions Options() => new()
    {
        HttpOnly = false,
        Secure = _secure,
        SameSite = _secure ? SameSiteMode.None : SameSiteMode.Lax,
        Path = "/",
        IsEssential = true,
    };
}
