using System.Buffers.Text;
using System.Security.Cryptography;
using IdentityProvider.Accounts.Sessions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Accounts.OneTimeTokens;

/// <summary>The token that this browser has asked for.</summary>
/// <param name="TokenId">Which.</param>
/// <param name="BrowserHash">The hash of the browser's own mark.</param>
public sealed record BrowserToken(Guid TokenId, byte[] BrowserHash);

/// <summary>
/// Tells the browser that has asked for a one-time token from all others: a cookie with the token's id and a random mark, of which the
/// token has the hash. Each purpose has a cookie of its own; the last token counts.
/// </summary>
public sealed class OneTimeTokenCookie(IOptions<SessionCookieOptions> cookies)
{
    private const int IdSize = 16;
    private const int MarkSize = 32;
    private const int ValueLength = 64;

    private readonly bool _secure = cookies.Value.Secure;

    /// <summary>A new mark, and its hash for <see cref="NewOneTimeToken.BrowserHash"/>.</summary>
    public static (byte[] Mark, byte[] Hash) NewMark()
    {
        var mark = RandomNumberGenerator.GetBytes(MarkSize);
        return (mark, SHA256.HashData(mark));
    }

    /// <summary>Gives the browser its mark, for as long as the token is good.</summary>
    public void Write(HttpContext context, string purpose, Guid tokenId, byte[] mark, TimeSpan lifetime)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(mark);
        var value = new byte[IdSize + MarkSize];
        tokenId.TryWriteBytes(value);
        mark.CopyTo(value, IdSize);
        var options = Options();
        options.MaxAge = lifetime;
        context.Response.Cookies.Append(Name(purpose), Base64Url.EncodeToString(value), options);
    }

    /// <summary>Null: this browser has asked for none.</summary>
    public BrowserToken? Read(HttpContext context, string purpose)
    {
        ArgumentNullException.ThrowIfNull(context);
        Span<byte> value = stackalloc byte[IdSize + MarkSize];
        return context.Request.Cookies.TryGetValue(Name(purpose), out var text)
            && text is { Length: ValueLength }
            && Base64Url.IsValid(text)
            && Base64Url.TryDecodeFromChars(text, value, out var written)
            && written == value.Length
                ? new BrowserToken(new Guid(value[..IdSize]), SHA256.HashData(value[IdSize..]))
                : null;
    }

    /// <summary>It was used.</summary>
    public void Delete(HttpContext context, string purpose)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Response.Cookies.Delete(Name(purpose), Options());
    }

    private string Name(string purpose) => $"{(_secure ? "__Host-" : "")}idp.{purpose}";

    private CookieOptions Options() => new()
    {
        HttpOnly = true,
        Secure = _secure,
        SameSite = SameSiteMode.Lax,
        Path = "/",
        IsEssential = true,
    };
}
