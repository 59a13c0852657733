using System.Diagnostics;
using System.Diagnostics.Metrics;
using IdentityProvider.Protocol.Errors;
using IdentityProvider.Protocol.Grants;

namespace IdentityProvider.Protocol;

/// <summary>The protocol's instruments. Every tag has a bounded set of values: none comes from request text.</summary>
public sealed class ProtocolMetrics
{
    /// <summary>The name of the meter and of the activity source.</summary>
    public const string Name = "IdentityProvider";

    private readonly Counter<long> _tokenRequests;
    private readonly Counter<long> _refreshes;
    private readonly Counter<long> _authorizations;
    private readonly Counter<long> _outbox;
    private readonly Counter<long> _securityEvents;

    /// <summary>Registers the instruments.</summary>
    public ProtocolMetrics(IMeterFactory meters)
    {
        ArgumentNullException.ThrowIfNull(meters);
        var meter = meters.Create(Name);
        _tokenRequests = meter.CreateCounter<long>("idp.token.requests", "{request}", "Token requests, by grant type and error.");
        _refreshes = meter.CreateCounter<long>("idp.refresh_token.verdicts", "{request}", "Presented refresh tokens, by the store's verdict.");
        _authorizations = meter.CreateCounter<long>("idp.authorization.responses", "{response}", "Authorization responses, by error.");
        _outbox = meter.CreateCounter<long>("idp.outbox.attempts", "{attempt}", "Attempts to deliver a message, by kind and outcome.");
        _securityEvents = meter.CreateCounter<long>("idp.security_events", "{event}", "Security events by type, and whether the queue to the sinks had room.");
    }

    internal void TokenRequest<T>(string? grantType, Result<T> result)
        where T : notnull
    {
        var error = result.Succeeded(out _, out var failure) ? "none" : failure.Code;
        _tokenRequests.Add(1, new TagList { { "oauth.grant_type", grantType ?? "none" }, { "error.type", error } });
    }

    internal void Refresh(RefreshVerdict verdict) => _refreshes.Add(1, new TagList { { "verdict", verdict.ToString() } });

    internal void Authorization(OAuthError? error) => _authorizations.Add(1, new TagList { { "error.type", error?.Code ?? "none" } });

    internal void SecurityEvent(string type, bool queued) => _securityEvents.Add(1, new TagList { { "type", type }, { "queued", queued } });

    internal void Outbox(string kind, string outcome) => _outbox.Add(1, new TagList { { "kind", kind }, { "outcome", outcome } });
}
