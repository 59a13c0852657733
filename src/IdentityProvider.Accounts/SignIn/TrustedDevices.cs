using System.Security.Cryptography;
using System.Text.Json;
using IdentityProvider.Accounts.Devices;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Accounts.Users;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Accounts.SignIn;

/// <summary>
/// "Don't ask for a code on this device." It spares the second factor and is none itself. Three things must agree: the device is known to the
/// account and trusted there, which the person can revoke; this browser has the cookie of that trust; and the person's epoch is still the one
/// under which it was given, so that a new password, a reset or a lock ends it at once, whatever happens at the same moment.
/// </summary>
internal sealed class TrustedDevices(
    KnownDevices devices,
    IDeviceStore store,
    IDataProtectionProvider protection,
    IOptions<SecondFactorOptions> options,
    IOptions<SessionCookieOptions> cookies,
    TimeProvider time)
{
    private const int LongestTicket = 1024;

    private readonly IDataProtector _protector = protection.CreateProtector("trusted-device");
    private readonly bool _secure = cookies.Value.Secure;

    /// <summary>Zero: nothing is trusted, nor what was trusted before.</summary>
    public TimeSpan Lifetime => options.Value.RememberDevice;

    public async Task TrustAsync(HttpContext context, User user, Guid deviceId)
    {
        if (Lifetime > TimeSpan.Zero && await store.TrustAsync(user.Id, deviceId, Lifetime))
        {
            var cookie = Options();
            cookie.MaxAge = Lifetime;
            context.Response.Cookies.Append(Name(user), _protector.Protect(JsonSerializer.Serialize(new Ticket(user.Id, deviceId, user.Epoch))), cookie);
        }
    }

    public async Task<bool> TrustsAsync(HttpContext context, User user) =>
        Lifetime > TimeSpan.Zero
        && Read(context, user) is { } ticket && ticket.UserId == user.Id && ticket.Epoch == user.Epoch
        && await devices.FindAsync(context, user.Id, context.RequestAborted) is { } device
        && device.Id == ticket.DeviceId && device.TrustedUntil > time.GetUtcNow();

    private Ticket? Read(HttpContext context, User user)
    {
        if (!context.Request.Cookies.TryGetValue(Name(user), out var value) || value.Length > LongestTicket)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<Ticket>(_protector.Unprotect(value));
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    /// <summary>A cookie for each person, so that several may use one browser.</summary>
    private string Name(User user) =>
        $"{(_secure ? "__Host-" : "")}idp.trusted.{Convert.ToHexStringLower(SHA256.HashData(user.Id.ToByteArray()).AsSpan(0, 4))}";

    private CookieOptions Options() => new()
    {
        HttpOnly = true,
        Secure = _secure,
        SameSite = SameSiteMode.Lax,
        Path = "/",
        IsEssential = true,
    };

    private sealed record Ticket(Guid UserId, Guid DeviceId, long Epoch);
}
