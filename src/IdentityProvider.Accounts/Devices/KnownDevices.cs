using IdentityProvider.Accounts.Locations;
using Microsoft.AspNetCore.Http;

namespace IdentityProvider.Accounts.Devices;

/// <summary>What a sign-in has shown about its place.</summary>
/// <param name="DeviceId">The device.</param>
/// <param name="NewDevice">The account has been used elsewhere before, or may have been, and never here.</param>
/// <param name="NewCountry">The account has been used in another country before, and never in this one.</param>
/// <param name="Country">The country; null: unknown.</param>
internal readonly record struct SignInPlace(Guid DeviceId, bool NewDevice, bool NewCountry, string? Country);

/// <summary>
/// Knows browsers again, by a cookie of their own for each account. A known device spares its owner limits that others have used up; after
/// ten failures in a row it is known no more, so that a stolen cookie is worth ten guesses.
/// </summary>
internal sealed class KnownDevices(IDeviceStore devices, DeviceCookie cookie, ICountryLookup countries, TimeProvider time)
{
    private const int MostFailures = 10;
    private const int LongestUserAgent = 256;

    /// <summary>180 d without a sign-in: after half a year one may as well be asked.</summary>
    private static readonly TimeSpan s_lifetime = TimeSpan.FromDays(180);

    /// <summary>The device of this account that the request comes from; null: it is not known.</summary>
    public async Task<KnownDevice?> FindAsync(HttpContext context, Guid userId, CancellationToken cancellationToken) =>
        cookie.Read(context.Request) is { Count: > 0 } presented ? await devices.FindAsync(userId, presented, cancellationToken) : null;

    /// <summary>Somebody has signed in: from now on this browser is known to the account.</summary>
    public async Task<SignInPlace> SignedInAsync(HttpContext context, Guid userId)
    {
        var address = context.Connection.RemoteIpAddress;
        var country = countries.Find(address);
        var visit = new DeviceVisit(Shorten(context.Request.Headers.UserAgent.ToString()), address?.ToString(), country);
        var newCountry = country is not null && await devices.NoteCountryAsync(userId, country);
        if (await FindAsync(context, userId, CancellationToken.None) is { } known && await devices.NoteSignInAsync(known.Id, visit, s_lifetime))
        {
            cookie.Renew(context, known.Id, s_lifetime);
            return new SignInPlace(known.Id, NewDevice: false, newCountry, country);
        }

        var added = cookie.Add(context, Guid.CreateVersion7(time.GetUtcNow()), s_lifetime);
        return new SignInPlace(added.Id, await devices.AddAsync(userId, added, visit, s_lifetime), newCountry, country);
    }

    /// <summary>It is known no more: the next sign-in there is news again.</summary>
    public Task ForgetAsync(Guid userId, Guid deviceId) => devices.RevokeAsync(userId, deviceId);

    /// <summary>A wrong password or code for this account, at a device that it knows.</summary>
    public Task FailedAsync(KnownDevice device) => devices.NoteFailureAsync(device.Id, MostFailures);

    private static string? Shorten(string userAgent) => userAgent.Length == 0 ? null : ShortText.Of(userAgent, LongestUserAgent);
}
