namespace IdentityProvider.Accounts.Events;

/// <summary>What is written together with a change of a person, so that there is no change that nothing tells of: the event, and the mail.</summary>
/// <param name="EventType">One of <see cref="AccountEventTypes"/>.</param>
/// <param name="Origin">From where the change was asked for.</param>
public sealed record ChangeNotice(string EventType, EventOrigin Origin)
{
    /// <summary>The <see cref="Detail"/> of a change that an operator has made.</summary>
    public const string ByOperator = "by an operator";

    /// <summary>In which session.</summary>
    public Guid? SessionId { get; init; }

    /// <summary>What else there is to know, in a few words of our own.</summary>
    public string? Detail { get; init; }

    /// <summary>The template of the mail to the person, who gets it if their address is confirmed; null: none.</summary>
    public string? Mail { get; init; }

    /// <summary>Further values of that mail, besides <c>username</c>, <c>time</c> and <c>address</c>.</summary>
    public IReadOnlyDictionary<string, string> MailValues { get; init; } = new Dictionary<string, string>();

    /// <summary>The same event for the log and the metrics, once the change has been made.</summary>
    public AccountEvent ToEvent(Guid userId) => new(EventType) { UserId = userId, SessionId = SessionId, Detail = Detail, Recorded = true };
}
