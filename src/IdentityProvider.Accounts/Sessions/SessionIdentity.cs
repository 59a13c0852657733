using System.Globalization;
using System.Security.Claims;

namespace IdentityProvider.Accounts.Sessions;

/// <summary>The identity of a request whose cookie names a live session.</summary>
public sealed class SessionIdentity : ClaimsIdentity
{
    /// <summary>Claims: <c>sub</c>, <c>name</c>, <c>acr</c>, <c>amr</c>, <c>auth_time</c>.</summary>
    public SessionIdentity(UserSession session)
        : base(ClaimsOf(session), SessionCookie.Scheme, "name", "role")
    {
        ArgumentNullException.ThrowIfNull(session);
        Session = session;
    }

    /// <summary>The session.</summary>
    public UserSession Session { get; }

    private static IEnumerable<Claim> ClaimsOf(UserSession session) =>
    [
        new("sub", session.UserId.ToString("D")),
        new("name", session.Username),
        new("acr", session.Acr),
        new("auth_time", session.AuthTime.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), ClaimValueTypes.Integer64),
        .. session.Amr.Select(method => new Claim("amr", method)),
    ];
}
