using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using IdentityProvider.Accounts.Sessions;
using IdentityProvider.Accounts.Users;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Accounts.SignIn;

/// <summary>
/// The time between the first and the second factor: a protected cookie of this browser, for one destination, that is good for ten minutes
/// and only as long as the person's password and epoch stay what they were. It is no session, and nothing of it is in an interaction.
/// Each destination has a cookie of its own, so that tabs do not disturb each other.
/// </summary>
internal sealed class PendingSecondFactors(
    IDataProtectionProvider protection, IOptions<SessionCookieOptions> cookies, TimeProvider time, string purpose = "second-factor")
{
    private const int LongestTicket = 2048;

    private static readonly TimeSpan s_lifetime = TimeSpan.FromMinutes(10);

    private readonly IDataProtector _protector = protection.CreateProtector(purpose);
    private readonly bool _secure = cookies.Value.Secure;

    public void Begin(HttpContext context, User user, IReadOnlyList<string> amr, bool remember, string destination, bool trustDevice = false)
    {
        var ticket = new Ticket(user.Id, SecurityState(user), amr, remember, Mark(destination), time.GetUtcNow() + s_lifetime, trustDevice);
        var options = Options();
        options.MaxAge = s_lifetime;
        context.Response.Cookies.Append(Name(destination), _protector.Protect(JsonSerializer.Serialize(ticket)), options);
    }

    public Ticket? Find(HttpContext context, string destination)
    {
        if (!context.Request.Cookies.TryGetValue(Name(destination), out var value) || value.Length > LongestTicket)
        {
            return null;
        }

        try
        {
            var ticket = JsonSerializer.Deserialize<Ticket>(_protector.Unprotect(value));
            return ticket is not null && ticket.Destination == Mark(destination) && ticket.ExpiresAt > time.GetUtcNow() ? ticket : null;
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    public void End(HttpContext context, string destination) => context.Response.Cookies.Delete(Name(destination), Options());

    /// <summary>Whether the first factor still counts: a reset, a lock or a new password voids it.</summary>
    public static bool Holds(Ticket ticket, User user) => user.DisabledAt is null && ticket.SecurityState == SecurityState(user);

    private static string SecurityState(User user) =>
        Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes($"{user.Epoch}\n{user.SecurityStamp}\n{user.PasswordHash}")));

    private static string Mark(string destination) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(destination)));

    private string Name(string destination) => $"{(_secure ? "__Host-" : "")}idp.{purpose}.{Mark(destination)[..8]}";

    private CookieOptions Options() => new()
    {
        HttpOnly = true,
        Secure = _secure,
        SameSite = SameSiteMode.Lax,
        Path = "/",
        IsEssential = true,
    };

    internal sealed record Ticket(
        Guid UserId, string SecurityState, IReadOnlyList<string> Amr, bool Remember, string Destination, DateTimeOffset ExpiresAt, bool TrustDevice = false);
}
