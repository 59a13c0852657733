using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using IdentityProvider.Protocol.Keys;

namespace IdentityProvider.Protocol.Sessions;

/// <summary>
/// The <c>sid</c> that a client sees (OpenID Connect Back-Channel Logout §2.1): another one for each client, so that clients cannot
/// join what they know about a person's session.
/// </summary>
internal sealed class ClientSessionIds(RootKey root)
{
    private const int Size = 16;

    private readonly byte[] _key = root.Derive("client-session-id");

    public string For(Guid sessionId, string clientId) =>
        Base64Url.EncodeToString(HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes($"{sessionId:N}.{clientId}")).AsSpan(0, Size));
}
