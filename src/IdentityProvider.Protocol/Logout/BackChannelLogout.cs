using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using IdentityProvider.Protocol.Clients;
using IdentityProvider.Protocol.Keys;
using IdentityProvider.Protocol.Outbound;
using IdentityProvider.Protocol.Outbox;
using IdentityProvider.Protocol.Sessions;
using IdentityProvider.Protocol.Tokens;
using Microsoft.Extensions.Options;

namespace IdentityProvider.Protocol.Logout;

/// <summary>Tells a client that a session has ended (OpenID Connect Back-Channel Logout §2.4 to §2.8).</summary>
internal sealed class BackChannelLogout(
    IClientSource clients,
    SigningKeys keys,
    ClientSessionIds sessionIds,
    OutboundHttp http,
    TimeProvider time,
    IOptions<ProtocolOptions> options) : IOutboxHandler
{
    private const string Event = "http://schemas.openid.net/event/backchannel-logout";
    private const int TokenIdSize = 16;

    /// <summary>§2.4 recommends two minutes at most.</summary>
    private const int TokenLifetimeSeconds = 120;

    /// <summary>How long a client that gave no answer is left alone.</summary>
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(30);

    /// <summary>The clients that gave no answer, and when that was.</summary>
    private readonly ConcurrentDictionary<string, long> _silentSince = new(StringComparer.Ordinal);

    public string Kind => LogoutNotice.Kind;

    public async Task<Delivery> DeliverAsync(OutboxMessage message)
    {
        var notice = LogoutNotice.Parse(message.Payload);
        var client = await clients.FindAsync(notice.ClientId, CancellationToken.None);
        if (client?.BackChannelLogoutUri is not { } uri)
        {
            return new Delivery(DeliveryVerdict.Void, $"client {notice.ClientId} has no back-channel logout URI");
        }

        // A session whose time is over says nothing about the sessions of clients that keep their own time.
        if (notice.Expired && !client.EndsWithSession)
        {
            return new Delivery(DeliveryVerdict.Void, $"client {notice.ClientId} does not end with the session");
        }

        if (IsSilent(client.ClientId))
        {
            return new Delivery(DeliveryVerdict.Failed, $"client {client.ClientId} gave no answer a moment ago, and is not called");
        }

        using var request = new HttpRequestMessage(HttpMethod.Post, uri);
        request.Content = new FormUrlEncodedContent([KeyValuePair.Create("logout_token", LogoutToken(client, notice, message.ClaimedAt))]);
        var answer = await http.SendAsync(request, CancellationToken.None);
        if (answer.Failure is OutboundFailure.Unreachable or OutboundFailure.TimedOut)
        {
            _silentSince[client.ClientId] = time.GetTimestamp();
        }
        else
        {
            _silentSince.TryRemove(client.ClientId, out _);
        }

        return (answer.Status ?? answer.StatusOfFailure) is { } status
            ? new Delivery(Judge(status), $"client {client.ClientId} answered {(int)status}")
            : new Delivery(DeliveryVerdict.Failed, $"client {client.ClientId} was not reached: {answer.Failure}: {answer.Detail}");
    }

    /// <summary>
    /// Every call of a client that does not answer holds a slot to the time limit, and messages of other clients wait for one. So it is left
    /// alone for a while; then one message tries, and the others go by until that is decided.
    /// </summary>
    private bool IsSilent(string clientId) => _silentSince.TryGetValue(clientId, out var since)
        && (time.GetElapsedTime(since) < s_pause || !_silentSince.TryUpdate(clientId, time.GetTimestamp(), since));

    /// <summary>§2.8: 200, or 204 by the habit of frameworks; 400 when the client did not accept the token or could not log out.</summary>
    private static DeliveryVerdict Judge(HttpStatusCode status) => status switch
    {
        >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices => DeliveryVerdict.Delivered,
        HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError => DeliveryVerdict.Failed,
        _ => DeliveryVerdict.Refused,
    };

    /// <summary>§2.4: <c>sub</c> and <c>sid</c>, never a nonce, and a type of its own, so that it is no ID token.</summary>
    private string LogoutToken(Client client, LogoutNotice notice, DateTimeOffset issuedAt)
    {
        var now = issuedAt.ToUnixTimeSeconds();
        return JwtWriter.Write(keys.Current.Signer(client.IdentityTokenAlgorithm), "logout+jwt", 0, (json, _) =>
        {
            json.WriteString("iss", options.Value.Issuer);
            json.WriteString("aud", client.ClientId);
            json.WriteNumber("iat", now);
            json.WriteNumber("exp", now + TokenLifetimeSeconds);
            json.WriteString("jti", Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(TokenIdSize)));
            json.WriteString("sub", notice.SubjectId.ToString("D"));
            json.WriteString("sid", sessionIds.For(notice.SessionId, client.ClientId));
            json.WriteStartObject("events");
            json.WriteStartObject(Event);
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }
}
