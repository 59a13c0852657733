using IdentityProvider.Accounts.Sessions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace IdentityProvider.UI.Localization;

/// <summary>The language that somebody has chosen at this browser, for a year.</summary>
internal static class LanguageCookie
{
    private const string Name = "idp.language";

    public static Language? Read(HttpRequest request) =>
        request.Cookies.TryGetValue(Name, out var code) ? Language.All.FirstOrDefault(language => language.Code == code) : null;

    public static void Write(HttpResponse response, Language language, IOptions<SessionCookieOptions> cookies) =>
        response.Cookies.Append(Name, language.Code, new CookieOptions
        {
            HttpOnly = true,
            Secure = cookies.Value.Secure,
            SameSite = SameSiteMode.Lax,
            MaxAge = TimeSpan.FromDays(365),
        });
}
