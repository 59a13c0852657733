namespace IdentityProvider.Protocol.Outbox;

/// <summary>A message that has been claimed for one attempt.</summary>
/// <param name="Id">The row.</param>
/// <param name="Kind">Which <see cref="IOutboxHandler"/> delivers it.</param>
/// <param name="Payload">What is to be delivered, as the handler's JSON.</param>
/// <param name="Attempt">The number of this attempt, from 1 on. Only who holds the latest one may settle the message.</param>
/// <param name="Refusals">How many attempts before this one the receiver has refused.</param>
/// <param name="ClaimedAt">When, by the database's clock.</param>
public sealed record OutboxMessage(long Id, string Kind, string Payload, int Attempt, int Refusals, DateTimeOffset ClaimedAt);

/// <summary>
/// Messages to the outside that must not be lost. Whoever changes something that others have to hear of writes the row in that very
/// statement or transaction; from then on it is delivered at least once, until it is settled or expires.
/// </summary>
public interface IOutboxStore
{
    /// <summary>
    /// Claims messages of a kind that are due, the longest due first, each for exactly one caller, until <paramref name="lease"/> has passed: then they are
    /// due again, in case the claimer has died. No lock is held meanwhile.
    /// </summary>
    Task<IReadOnlyList<OutboxMessage>> ClaimAsync(string kind, int count, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>
    /// Makes a claimed message due again after <paramref name="delay"/>, and keeps in a few words why, and whether the receiver has refused it.
    /// False, and nothing changed, when it will have expired by then, or somebody else holds it now.
    /// </summary>
    Task<bool> PostponeAsync(OutboxMessage message, TimeSpan delay, string reason, bool refused = false);

    /// <summary>
    /// Tries a claimed message no more, but keeps it for operators to see, until its retention ends. False, and nothing changed, when somebody
    /// else holds it now.
    /// </summary>
    Task<bool> GiveUpAsync(OutboxMessage message, string reason);

    /// <summary>Removes a claimed message. False, and nothing changed, when somebody else holds it now.</summary>
    Task<bool> RemoveAsync(OutboxMessage message);
}
