using System.Buffers.Text;
using System.Security.Cryptography;
using IdentityProvider.Accounts.Sessions;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Accounts.Devices;

/// <summary>
/// The cookie by which a browser is known: an id and a secret for each account that has signed in here, the latest first. The store has the
/// hashes of the secrets.
/// </summary>
internal sealed class DeviceCookie(IOptions<SessionCookieOptions> options)
{
    private const int IdSize = 16;
    private const int SecretSize = 32;
    private const int EntryLength = 64;
    private const char Separator = '.';

    /// <summary>5 accounts: a family's computer, or somebody with several accounts. The sixth one makes the first one unknown again.</summary>
    private const int MostEntries = 5;

    private readonly bool _secure = options.Value.Secure;

    private string Name => _secure ? "__Host-idp.device" : "idp.device";

    /// <summary>What the browser presents; malformed entries are none.</summary>
    public IReadOnlyList<DeviceHandle> Read(HttpRequest request) => [.. Entries(request).Select(Parse).OfType<DeviceHandle>()];

    /// <summary>Makes the browser known by one more entry.</summary>
    public DeviceHandle Add(HttpContext context, Guid deviceId, TimeSpan lifetime)
    {
        var bytes = new byte[IdSize + SecretSize];
        deviceId.TryWriteBytes(bytes);
        RandomNumberGenerator.Fill(bytes.AsSpan(IdSize));
        var entry = Base64Url.EncodeToString(bytes);
        Write(context.Response, [entry, .. Entries(context.Request)], lifetime);
        return Parse(entry)!;
    }

    /// <summary>The browser keeps what it has for another while, this device first.</summary>
    public void Renew(HttpContext context, Guid deviceId, TimeSpan lifetime) =>
        Write(context.Response, Entries(context.Request).OrderByDescending(entry => Parse(entry)?.Id == deviceId), lifetime);

    private IEnumerable<string> Entries(HttpRequest request) =>
        request.Cookies.TryGetValue(Name, out var value) && value.Length <= MostEntries * (EntryLength + 1)
            ? value.Split(Separator).Where(entry => Parse(entry) is not null)
            : [];

    private void Write(HttpResponse response, IEnumerable<string> entries, TimeSpan lifetime) =>
        response.Cookies.Append(Name, string.Join(Separator, entries.Take(MostEntries)), new CookieOptions
        {
            HttpOnly = true,
            Secure = _secure,
            SameSite = SameSiteMode.Lax,
            Path = "/",
            IsEssential = true,
            MaxAge = lifetime,
        });

    private static DeviceHandle? Parse(string entry)
    {
        Span<byte> bytes = stackalloc byte[IdSize + SecretSize];
        return entry.Length == EntryLength && Base64Url.IsValid(entry)
            && Base64Url.TryDecodeFromChars(entry, bytes, out var written) && written == bytes.Length
                ? new DeviceHandle(new Guid(bytes[..IdSize]), SHA256.HashData(bytes[IdSize..]))
                : null;
    }
}
