using System.Security.Cryptography;
using System.Text;
using IdentityProvider.Protocol.Tokens;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Protocol.Interactions;

/// <summary>
/// A random value per browser, to which pending interactions are bound: a link to somebody else's interaction leads nowhere.
/// </summary>
internal sealed class BrowserCookie(IOptions<ProtocolOptions> options)
{
    private const int LongestValue = 64;

    private readonly bool _secure = options.Value.IsSecure;

    private string Name => _secure ? "__Host-idp.browser" : "idp.browser";

    /// <summary>The hash of this browser's value, which is made if it is missing.</summary>
    public byte[] Ensure(HttpContext context)
    {
        if (Read(context) is { } hash)
        {
            return hash;
        }

        var value = Handles.Create();
        context.Response.Cookies.Append(Name, value, new CookieOptions
        {
            HttpOnly = true,
            Secure = _secure,
            SameSite = SameSiteMode.Lax,
            Path = "/",
            IsEssential = true,
        });
        return Handles.Hash(value);
    }

    public bool Matches(HttpContext context, byte[] hash) => Read(context) is { } own && CryptographicOperations.FixedTimeEquals(own, hash);

    private byte[]? Read(HttpContext context) =>
        context.Request.Cookies.TryGetValue(Name, out var value) && value.Length is > 0 and <= LongestValue
            ? SHA256.HashData(Encoding.UTF8.GetBytes(value))
            : null;
}
