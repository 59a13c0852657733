using System.Net;
using System.Security.Cryptography;
using System.Text;
using IdentityProvider.Accounts.Events;
using IdentityProvider.Protocol.Endpoints;
using IdentityProvider.Protocol.Events;
using IdentityProvider.Protocol.Keys;
using Microsoft.AspNetCore.Http;

namespace IdentityProvider.Hosting.Subjects;

/// <summary>Events of accounts join those of the protocol.</summary>
internal sealed class AccountEventReporter(SecurityEvents events, RootKey root, TimeProvider time) : IAccountEvents
{
    private const int HashSize = 16;

    private readonly byte[] _identifierKey = root.Derive("event-identifiers");

    public void Report(AccountEvent accountEvent, HttpContext? context = null)
    {
        ArgumentNullException.ThrowIfNull(accountEvent);
        var origin = context is null ? new EventOrigin() : OriginOf(context);
        events.Report(new SecurityEvent
        {
            Type = accountEvent.Type,
            OccurredAt = time.GetUtcNow(),
            SubjectId = accountEvent.UserId,
            SessionId = accountEvent.SessionId,
            ClientId = accountEvent.ClientId,
            Network = origin.Network,
            UserAgent = origin.UserAgent,
            RemoteAddress = origin.RemoteAddress,
            IdentifierHash = accountEvent.UnknownIdentifier is { } typed ? Hash(typed) : null,
            Detail = accountEvent.Detail,
            Alarming = accountEvent.Alarming,
            Recorded = accountEvent.Recorded,
        });
    }

    public EventOrigin OriginOf(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var address = context.Connection.RemoteIpAddress;
        return new EventOrigin(CallerMarks.Network(address), CallerMarks.UserAgentFamily(context.Request.Headers.UserAgent.ToString()), Plain(address));
    }

    private static string? Plain(IPAddress? address) => (address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address)?.ToString();

    /// <summary>Keyed: what was typed may be an address, or a password in the wrong field, and both can be guessed.</summary>
    private string Hash(string typed) => Convert.ToHexStringLower(
        HMACSHA256.HashData(_identifierKey, Encoding.UTF8.GetBytes(typed.Trim().ToUpperInvariant())).AsSpan(0, HashSize));
}
