using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Accounts.Sessions;

/// <summary>How the session cookie is written.</summary>
public sealed record SessionCookieOptions
{
    /// <summary>Whether people reach the server by https: then the cookie is Secure and carries the <c>__Host-</c> prefix (RFC 6265bis §4.1.3.2).</summary>
    public bool Secure { get; set; } = true;
}

/// <summary>The session cookie: a 256-bit random handle and nothing else. The store knows its SHA-256.</summary>
public sealed class SessionCookie(IOptions<SessionCookieOptions> options, BrowserStateCookie browserState)
{
    /// <summary>The authentication scheme of the session cookie.</summary>
    public const string Scheme = "session";

    private const int HandleSize = 32;
    private readonly bool _secure = options.Value.Secure;

    private string Name => _secure ? "__Host-idp.session" : "idp.session";

    /// <summary>A new handle, as it goes into the cookie.</summary>
    internal static string NewHandle() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(HandleSize));

    /// <summary>What the store knows of a handle.</summary>
    internal static byte[] Hash(string handle) => SHA256.HashData(Base64Url.DecodeFromChars(handle));

    /// <summary>The hash of the handle that the request carries; null when there is none, or it is malformed.</summary>
    internal byte[]? ReadHash(HttpRequest request)
    {
        if (!request.Cookies.TryGetValue(Name, out var handle))
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[HandleSize];
        return handle.Length == Base64Url.GetEncodedLength(HandleSize)
            && Base64Url.IsValid(handle) && Base64Url.TryDecodeFromChars(handle, bytes, out var length) && length == HandleSize
                ? SHA256.HashData(bytes)
                : null;
    }

    internal void Write(HttpResponse response, string handle, TimeSpan? lifetime)
    {
        var cookie = Options();
        cookie.MaxAge = lifetime;
        response.Cookies.Append(Name, handle, cookie);
        browserState.Renew(response);
    }

    internal void Delete(HttpResponse response)
    {
        response.Cookies.Delete(Name, Options());
        browserState.Delete(response);
    }

    // Lax: the redirect from a relying party is a cross-site top-level GET, which must find the session.
    private CookieOptions Options() => new()
    {
        HttpOnly = true,
        Secure = _secure,
        SameSite = SameSiteMode.Lax,
        Path = "/",
        IsEssential = true,
    };
}
