using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace IdentityProvider.Protocol.Sessions;

/// <summary>
/// <c>session_state</c> (OpenID Connect Session Management §2): a salted hash over the client, the origin that will ask, and the browser's
/// state. The script of the check-session frame computes the same.
/// </summary>
internal static class SessionState
{
    private const int SaltSize = 16;

    /// <summary>Null for an app's own scheme, which has no origin that could ask.</summary>
    public static string? Create(string clientId, string redirectUri, string browserState)
    {
        var uri = new Uri(redirectUri);
        if (uri.Scheme is not ("https" or "http"))
        {
            return null;
        }

        var salt = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SaltSize));
        var origin = $"{uri.Scheme}://{uri.IdnHost}{(uri.IsDefaultPort ? "" : $":{uri.Port}")}";
        return $"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{clientId} {origin} {browserState} {salt}")))}.{salt}";
    }
}
