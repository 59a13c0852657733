using IdentityProvider.Accounts.Factors;
using IdentityProvider.Accounts.Sessions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Accounts.SignIn;

/// <summary>How somebody began their last sign-in at a browser.</summary>
public enum SignInMethod
{
    /// <summary>User name and password.</summary>
    Password,

    /// <summary>A passkey.</summary>
    Passkey,

    /// <summary>A code by e-mail.</summary>
    EmailCode,
}

/// <summary>
/// The hint "last time you used …": a cookie with one word in it. It says nothing about who it was, and proves nothing; it stays after the
/// sign-out, which is when it is wanted.
/// </summary>
public sealed class LastMethod
{
    private static readonly TimeSpan s_lifetime = TimeSpan.FromDays(365);

    private readonly bool _secure;

    internal LastMethod(IOptions<SessionCookieOptions> cookies) => _secure = cookies.Value.Secure;

    private string Name => _secure ? "__Host-idp.last-method" : "idp.last-method";

    /// <summary>The method of this browser's last sign-in; null: there was none.</summary>
    public SignInMethod? Read(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return request.Cookies[Name] switch
        {
            "password" => SignInMethod.Password,
            "passkey" => SignInMethod.Passkey,
            "email-code" => SignInMethod.EmailCode,
            _ => null,
        };
    }

    internal void Write(HttpResponse response, IReadOnlyList<string> amr)
    {
        if (WordFor(amr) is { } word)
        {
            response.Cookies.Append(Name, word, new CookieOptions
            {
                MaxAge = s_lifetime,
                HttpOnly = true,
                Secure = _secure,
                SameSite = SameSiteMode.Lax,
                Path = "/",
            });
        }
    }

    /// <summary>The methods of a session come in any number; what it began with is the one that stands for it.</summary>
    private static string? WordFor(IReadOnlyList<string> amr) => amr switch
    {
        _ when amr.Contains(AuthenticationLevel.Federated) => null,
        _ when amr.Contains(AuthenticationLevel.Password) => "password",
        _ when amr.Contains("hwk") || amr.Contains("swk") => "passkey",
        _ when amr.Contains(AuthenticationLevel.OneTimePassword) => "email-code",
        _ => null,
    };
}
