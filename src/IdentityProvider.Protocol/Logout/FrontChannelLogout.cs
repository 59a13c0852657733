using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Sessions;
using IdentityProvider.Protocol.Subjects;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Protocol.Logout;

/// <summary>The pages of clients that a browser opens after a logout (OpenID Connect Front-Channel Logout §2).</summary>
internal sealed class FrontChannelLogout(IClientSource clients, ClientSessionIds sessionIds, IOptions<ProtocolOptions> options)
{
    /// <summary>One address for each client of the session that has registered one, with <c>iss</c> and its own <c>sid</c>.</summary>
    public async Task<IReadOnlyList<string>> FindFramesAsync(EndedSession ended, CancellationToken cancellationToken)
    {
        var frames = new List<string>();
        foreach (var clientId in ended.Clients)
        {
            if (await clients.FindAsync(clientId, cancellationToken) is { FrontChannelLogoutUri: { } uri } client)
            {
                frames.Add(client.FrontChannelLogoutSessionRequired ? AddSession(uri, sessionIds.For(ended.SessionId, clientId)) : uri);
            }
        }

        return frames;
    }

    private string AddSession(string uri, string sessionId) =>
        $"{uri}{(uri.Contains('?', StringComparison.Ordinal) ? '&' : '?')}iss={Uri.EscapeDataString(options.Value.Issuer)}&sid={sessionId}";
}
