using System.Text.Json;
using System.Text.Json.Serialization;

namespace IdentityProvider.Accounts.Notifications;

/// <summary>
/// A mail that waits in the outbox: which template for whom, with its values. The words are put together at delivery, so that they are those
/// of the version that runs then; what must be told as it was at the time (when, from where) is a value. Stored as JSON under these names,
/// so that a statement that changes something can write the mail about it in the same breath.
/// </summary>
public sealed record OutgoingMail
{
    /// <summary>The kind of the outbox message.</summary>
    public const string Kind = "mail";

    /// <summary>One of <see cref="MailTemplates"/>.</summary>
    [JsonPropertyName("template")]
    public required string Template { get; init; }

    /// <summary>One address.</summary>
    [JsonPropertyName("to")]
    public required string To { get; init; }

    /// <summary>The language, such as <c>de</c>; null: English.</summary>
    [JsonPropertyName("culture")]
    public string? Culture { get; init; }

    /// <summary>What the words name.</summary>
    [JsonPropertyName("values")]
    public IReadOnlyDictionary<string, string> Values { get; init; } = new Dictionary<string, string>();

    /// <summary>Values that must not lie in the database in clear, such as the token of a link: see <see cref="MailSecrets"/>.</summary>
    [JsonPropertyName("sealed")]
    public string? Sealed { get; init; }

    /// <summary>When what it offers is over, and it must not be sent any more; null: it is news at any time.</summary>
    [JsonPropertyName("void_after")]
    public DateTimeOffset? VoidAfter { get; init; }

    /// <summary>3 d: for how long it is tried. A mail system that is away for longer has somebody look after it.</summary>
    [JsonIgnore]
    public TimeSpan Lifetime { get; init; } = UsualLifetime;

    /// <summary>The <see cref="Lifetime"/> of a mail that says nothing else.</summary>
    public static TimeSpan UsualLifetime { get; } = TimeSpan.FromDays(3);

    /// <summary>As the outbox keeps it.</summary>
    public string ToPayload() => JsonSerializer.Serialize(this, MailJson.Default.OutgoingMail);

    /// <summary>Reads what the outbox kept.</summary>
    /// <exception cref="InvalidDataException">It is no mail.</exception>
    public static OutgoingMail Parse(string payload)
    {
        try
        {
            return JsonSerializer.Deserialize(payload, MailJson.Default.OutgoingMail) ?? throw new InvalidDataException("A stored mail is empty.");
        }
        catch (JsonException error)
        {
            throw new InvalidDataException("A stored mail cannot be read.", error);
        }
    }
}

[JsonSerializable(typeof(OutgoingMail))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class MailJson : JsonSerializerContext;
