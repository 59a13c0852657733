namespace IdentityProvider.Protocol.Outbox;

/// <summary>How an attempt ended.</summary>
public enum DeliveryVerdict
{
    /// <summary>The receiver has it.</summary>
    Delivered,

    /// <summary>There is nobody to tell any more.</summary>
    Void,

    /// <summary>The receiver does not want it: asked again a few times only.</summary>
    Refused,

    /// <summary>The receiver could not be reached, or is in trouble: tried again until the message expires.</summary>
    Failed,
}

/// <summary>How an attempt ended, and a few words for the log.</summary>
public sealed record Delivery(DeliveryVerdict Verdict, string Detail);

/// <summary>Delivers one kind of message.</summary>
public interface IOutboxHandler
{
    /// <summary>The kind.</summary>
    string Kind { get; }

    /// <summary>One attempt, which ends by itself well within <see cref="OutboxDispatcher.Lease"/>.</summary>
    Task<Delivery> DeliverAsync(OutboxMessage message);
}
