namespace IdentityProvider.Protocol.Events;

/// <summary>Receives security events, in batches and soon after. A host registers its own beside the store's, for a SIEM say.</summary>
public interface IEventSink
{
    /// <summary>Takes over these events, oldest first. What it throws is logged; the events are not offered again.</summary>
    Task WriteAsync(IReadOnlyList<SecurityEvent> events, CancellationToken cancellationToken);
}
