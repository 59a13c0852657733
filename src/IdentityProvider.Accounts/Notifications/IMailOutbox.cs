namespace IdentityProvider.Accounts.Notifications;

/// <summary>A mail in the outbox, as operators see it: not what it says.</summary>
public sealed record QueuedMail
{
    /// <summary>The row.</summary>
    public required long Id { get; init; }

    /// <summary>One of <see cref="MailTemplates"/>.</summary>
    public required string Template { get; init; }

    /// <summary>For whom.</summary>
    public required string To { get; init; }

    /// <summary>How many attempts have begun.</summary>
    public required int Attempts { get; init; }

    /// <summary>When it was written.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When the next attempt is due, unless it was given up.</summary>
    public required DateTimeOffset DueAt { get; init; }

    /// <summary>Since when it is not tried any more; null: it waits.</summary>
    public DateTimeOffset? GivenUpAt { get; init; }

    /// <summary>Why the last attempt failed.</summary>
    public string? LastError { get; init; }

    /// <summary>It is being sent, until <see cref="DueAt"/> at the latest: if it is still there then, whoever sent it has died.</summary>
    public bool IsUnderWay => Attempts > 0 && LastError is null && GivenUpAt is null;
}

/// <summary>Mails that wait for their delivery. What is sent because something changed is written together with the change, by the store of that change.</summary>
public interface IMailOutbox
{
    /// <summary>Writes a mail that tells of nothing that is stored.</summary>
    Task EnqueueAsync(OutgoingMail mail, CancellationToken cancellationToken);

    /// <summary>What waits or was given up, the latest first.</summary>
    Task<IReadOnlyList<QueuedMail>> ListAsync(int count, CancellationToken cancellationToken);

    /// <summary>
    /// Makes a mail due now, also one that was given up; null: all that were given up. Returns how many: one that is being sent at the
    /// moment is left alone, since it would go out twice.
    /// </summary>
    Task<int> RetryAsync(long? id, CancellationToken cancellationToken);
}
